#include <algorithm>
#include <xtape/nn/summary.hpp>

namespace xtape::nn::detail {

void SummaryVisit::add_parameter(std::string_view name, const Shape& shape, const void* storage) {
  const bool seen = std::ranges::find(counted_, storage) != counted_.end();
  if (!seen) counted_.push_back(storage);
  lines_.push_back({depth_, std::string(name), false, shape, seen ? 0 : shape.size(), seen});
}

std::size_t SummaryVisit::open(std::string_view name) {
  lines_.push_back({depth_++, std::string(name), true, {}, 0, false});
  return lines_.size() - 1;
}

void SummaryVisit::close(std::size_t line) {
  --depth_;
  for (std::size_t i = line + 1; i < lines_.size(); ++i)
    if (!lines_[i].is_module) lines_[line].count += lines_[i].count;
}

std::string summary_text(const std::vector<SummaryLine>& lines) {
  struct Row {
    std::string name, shape, count;
  };
  std::vector<Row> rows{{"name", "shape", "parameters"}};
  std::size_t total = 0;
  for (const SummaryLine& line : lines) {
    rows.push_back({std::string(2 * line.depth, ' ') + line.name,
                    line.is_module ? "" : to_string(line.shape),
                    line.seen_before ? "seen above" : std::to_string(line.count)});
    if (!line.is_module) total += line.count;
  }
  rows.push_back({"total", "", std::to_string(total)});

  // Names are in UTF-8: every byte but a continuation begins a character.
  const auto width = [](const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  };
  std::size_t name = 0, shape = 0, count = 0;
  for (const Row& row : rows) {
    name = std::max(name, width(row.name));
    shape = std::max(shape, row.shape.size());
    count = std::max(count, row.count.size());
  }
  std::string text;
  for (const Row& row : rows)
    text += row.name + std::string(name - width(row.name) + 2, ' ') + row.shape +
            std::string(shape - row.shape.size() + 2 + count - row.count.size(), ' ') + row.count +
            "\n";
  return text;
}

}  // namespace xtape::nn::detail
