#pragma once
// What a model consists of, as a table.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/nn/module.hpp>

namespace xtape::nn {

/// One line of a summary: a parameter, or a module with what is in it.
struct SummaryLine {
  std::size_t depth = 0;
  std::string name;
  bool is_module = false;
  Shape shape;               // of a parameter
  std::size_t count = 0;     // of trainable numbers, each counted once
  bool seen_before = false;  // a parameter that an earlier line has counted
};

namespace detail {

// Lists modules and parameters while it goes through them.
class SummaryVisit {
 public:
  template <class Member>
  void operator()(std::string_view name, Member& member) {
    if constexpr (is_parameter<Member>) {
      add_parameter(name, member.shape(), member.storage().get());
    } else {
      const std::size_t line = open(name);
      member.parameters(*this);
      close(line);
    }
  }
  [[nodiscard]] const std::vector<SummaryLine>& lines() const { return lines_; }

 private:
  void add_parameter(std::string_view name, const Shape& shape, const void* storage);
  std::size_t open(std::string_view name);
  void close(std::size_t line);

  std::vector<SummaryLine> lines_;
  std::vector<const void*> counted_;
  std::size_t depth_ = 0;
};

std::string summary_text(const std::vector<SummaryLine>& lines);

}  // namespace detail

/// The lines of a module's summary, in the order in which it names its parameters.
template <class Module>
std::vector<SummaryLine> summary_lines(const Module& module) {
  detail::SummaryVisit visit;
  const_cast<Module&>(module).parameters(visit);  // it only names them
  return visit.lines();
}

/// What a module consists of: its modules, nested ones indented, the shapes of their parameters
/// and how many numbers they train. A parameter that has two names counts once.
///
///     name      shape   parameters
///     hidden                     6
///       weight  (2, 2)           4
///       bias    (2)              2
///     …
///     total                      9
template <class Module>
std::string summary(const Module& module) {
  return detail::summary_text(summary_lines(module));
}

}  // namespace xtape::nn
