#pragma once
// What the arrays, layers and functions of a recording are called in a diagnosis. Not for users.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <xtape/autodiff/inspect/notation.hpp>
#include <xtape/autodiff/inspect/symbol_factors.hpp>
#include <xtape/autodiff/inspect/text.hpp>
#include <xtape/autodiff/inspect/walk.hpp>

namespace xtape::detail {

inline std::string dashed(const std::string& operation) {
  return (operation == "sigmoid" ? "σ" : operation) + "′";
}

/// How arrays and layers are called in sentences.
template <class T>
class Names {
 public:
  Names(const BasicTape<T>& tape, const Notation& notation)
      : tape_(tape), walk_(records(tape)), notation_(notation) {}

  [[nodiscard]] std::string array(std::uint32_t slot) const {
    const auto& view = walk_.slots()[slot];
    const auto known = notation_.find(view.label);
    if (known != notation_.end()) return known->second.text;
    if (!view.name.empty() || view.record == no_index) return view.label;
    const auto& record = walk_[view.record];
    const std::string layer = scope(record);
    const std::string name = (layer.empty() ? "" : layer + ".") + std::string(record.operation);
    const auto made = notation_.find(name);
    if (made != notation_.end()) return made->second.text;
    return layer.empty() ? view.label : name;
  }
  /// A term of J: its name, or its operation and line.
  [[nodiscard]] std::string term(std::uint32_t slot) const {
    const auto& view = walk_.slots()[slot];
    if (!view.name.empty() || view.record == no_index) return array(slot);
    const auto& record = walk_[view.record];
    return array(slot) + " (" + std::string(record.operation) +
           (record.place.file == nullptr ? "" : ", " + place_text(record.place)) + ")";
  }
  /// "hidden", or what the record made where it stands in no scope.
  [[nodiscard]] std::string layer(std::uint32_t record) const {
    const std::string name = scope(walk_[record]);
    return name.empty() ? array(walk_[record].outputs[0].index) : name;
  }
  /// " of hidden", or nothing where there is no scope.
  [[nodiscard]] std::string of_layer(std::uint32_t record) const {
    const std::string name = scope(walk_[record]);
    return name.empty() ? "" : " of " + name;
  }
  /// "σ′(ã)".
  [[nodiscard]] std::string slope(std::uint32_t record) const {
    return function(record) + "(" + array(input(record)) + ")";
  }
  [[nodiscard]] std::string function(std::uint32_t record) const {
    return dashed(std::string(walk_[record].operation));
  }
  /// "σ′", "tanh′ and σ′".
  [[nodiscard]] std::string functions(const std::vector<std::uint32_t>& records) const {
    std::vector<std::string> all;
    for (const std::uint32_t r : records)
      if (std::ranges::find(all, function(r)) == all.end()) all.push_back(function(r));
    std::string text;
    for (std::size_t i = 0; i < all.size(); ++i)
      text += (i == 0 ? "" : i + 1 == all.size() ? " and " : ", ") + all[i];
    return text;
  }
  /// "y · (1 − y)", of the recorded names.
  [[nodiscard]] std::string textbook(std::uint32_t record, bool of_input) const {
    const auto& from = tape_.record_at(record);
    const Symbol x(array(input(record))), y(array(from.first_output));
    return to_unicode(replaced(from.rule->textbook_symbol(from.operation()),
                               {{"x", x}, {"y", of_input ? x : y}}));
  }
  [[nodiscard]] std::string output(std::uint32_t record) const {
    return array(tape_.record_at(record).first_output);
  }
  /// "hidden, output"; of very many the first ones and the last.
  [[nodiscard]] std::string layers(const std::vector<std::uint32_t>& records) const {
    constexpr std::size_t most = 8, first = 3;
    std::string text;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records.size() > most && i == first) {
        text += ", …";
        i = records.size() - 1;
      }
      text += (text.empty() ? "" : ", ") + layer(records[i]);
    }
    return text;
  }
  /// A function in one line of the text, in the layer that runs it: function, file, line, layer.
  using Line = std::tuple<std::string_view, std::string_view, unsigned, std::string>;
  [[nodiscard]] Line line(std::uint32_t record) const {
    const auto& view = walk_[record];
    const Place& at = view.place;
    return {view.operation, at.file == nullptr ? "" : at.file, at.line, scope(view)};
  }
  /// " of hidden (neuron.cpp:17, 200 times)", of records that one line made.
  [[nodiscard]] std::string of_line(const std::vector<std::uint32_t>& records) const {
    return of_layer(records[0]) + " (" + place(records[0]) + std::to_string(records.size()) +
           " times)";
  }
  /// Of one of them: " of hidden (neuron.cpp:17, number 3 of 200)"; where it is the only one, " of
  /// hidden".
  [[nodiscard]] std::string of_one(const std::vector<std::uint32_t>& records, std::size_t i) const {
    if (records.size() == 1) return of_layer(records[0]);
    return of_layer(records[i]) + " (" + place(records[i]) + "number " + std::to_string(i + 1) +
           " of " + std::to_string(records.size()) + ")";
  }

 private:
  [[nodiscard]] std::string place(std::uint32_t record) const {
    const Place place = walk_[record].place;
    return place.file == nullptr ? "" : place_text(place) + ", ";
  }
  static std::string scope(const BasicRecordView<T>& record) {
    std::string text;
    for (const std::string& name : record.path) text += (text.empty() ? "" : ".") + name;
    return text;
  }
  [[nodiscard]] std::uint32_t input(std::uint32_t record) const {
    return tape_.inputs_of(tape_.record_at(record))[0];
  }

  const BasicTape<T>& tape_;
  BasicWalk<T> walk_;
  const Notation& notation_;
};

}  // namespace xtape::detail
