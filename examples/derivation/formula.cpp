#include "formula.hpp"

#include <algorithm>

#include "parser.hpp"

namespace derivation {
namespace {

std::string listed(const std::vector<Wanted>& wanted) {
  std::string text;
  for (const Wanted& each : wanted) text += (text.empty() ? "" : ", ") + each.usual;
  return text;
}

std::string element_name(const Wanted& wanted, std::size_t element) {
  std::string text;
  for (std::size_t axis = wanted.extents.size(); axis-- > 0; element /= wanted.extents[axis])
    text = std::to_string(element % wanted.extents[axis] + 1) + (text.empty() ? "" : ",") + text;
  return wanted.name + (text.empty() ? "" : "[" + text + "]");
}

// A gradient with what is known of its elements.
struct Filled {
  xtape::Array<double> values;
  std::vector<std::size_t> line;  // that gave the element; 0: none
};

class File {
 public:
  File(const Source& source, const std::map<std::string, Known>& known,
       const std::vector<Wanted>& wanted)
      : source_(source), known_(known), wanted_(wanted), parser_(source, known, defined_) {
    for (const Wanted& each : wanted) {
      Filled& filled = filled_[each.name];
      filled.values = xtape::Array<double>::from_shape(each.extents);
      filled.line.assign(filled.values.size(), 0);
    }
  }

  Gradients run() {
    if (parser_.over())
      throw FormulaError(source_.name + ": there is no formula in the file; wanted are " +
                         listed(wanted_));
    while (!parser_.over()) {
      const Left left = parser_.left();
      const auto wanted =
          std::ranges::find_if(wanted_, [&](const Wanted& each) { return each.name == left.name; });
      if (wanted == wanted_.end())
        define(left);
      else
        fill(left, *wanted);
    }
    require_use();
    Gradients result;
    for (const Wanted& each : wanted_)
      if (is_given(each)) result[each.name] = std::move(filled_.at(each.name).values);
    if (result.empty())
      throw FormulaError(source_.name +
                         ": there is none of the gradients in the file; wanted are " +
                         listed(wanted_));
    return result;
  }

 private:
  using Bound = std::map<std::string, std::optional<Extent>>;

  void define(const Left& left) {
    if (known_.contains(left.name))
      source_.fail(left.at, left.name + " is given, and cannot be defined anew; wanted are " +
                                listed(wanted_));
    if (const auto before = defined_.find(left.name); before != defined_.end())
      source_.fail(left.at, left.name + " was defined in line " +
                                std::to_string(before->second.at.line) + " already");
    Bound bound;
    for (const Index& index : left.indices) {
      if (index.letter.empty())
        source_.fail(index.at, "a name of one's own has letters as indices");
      bound[index.letter] = std::nullopt;
    }
    if (bound.size() != left.indices.size())
      source_.fail(left.at, "the same index twice on the left side");
    Defined result;
    result.right = parser_.right(bound);
    result.at = left.at;
    for (const Index& index : left.indices) {
      if (!bound.at(index.letter))
        source_.fail(index.at, "the right side does not have the index " + index.letter);
      result.letters.push_back(index.letter);
      result.extents.push_back(bound.at(index.letter)->size);
    }
    defined_[left.name] = result;
  }

  void fill(const Left& left, const Wanted& wanted) {
    if (left.indices.size() != wanted.extents.size())
      source_.fail(left.at, left.name + " is written " + wanted.usual + ", with " +
                                std::to_string(wanted.extents.size()) +
                                (wanted.extents.size() == 1 ? " index" : " indices") + ", not " +
                                std::to_string(left.indices.size()));
    Bound bound;
    std::size_t letters = 0;
    for (std::size_t axis = 0; axis < left.indices.size(); ++axis) {
      const Index& index = left.indices[axis];
      if (index.letter.empty()) {
        if (index.number > wanted.extents[axis])
          source_.fail(index.at, wanted.usual + " has " + std::to_string(wanted.extents[axis]) +
                                     " elements along this index");
        continue;
      }
      ++letters;
      bound[index.letter] = Extent{wanted.extents[axis], "elements of " + wanted.name};
    }
    if (bound.size() != letters) source_.fail(left.at, "the same index twice on the left side");
    const Part right = parser_.right(bound);
    Filled& filled = filled_.at(wanted.name);
    for (std::size_t element = 0; element < filled.values.size(); ++element) {
      Letters values;
      if (!chosen(left, wanted, element, values)) continue;
      if (filled.line[element] != 0)
        source_.fail(left.at, element_name(wanted, element) + " was given in line " +
                                  std::to_string(filled.line[element]) + " already");
      filled.line[element] = left.at.line;
      filled.values.data()[element] = right->at(values);
    }
  }

  // Whether the left side is this element (too), and the letters for it.
  static bool chosen(const Left& left, const Wanted& wanted, std::size_t element,
                     Letters& letters) {
    for (std::size_t axis = wanted.extents.size(); axis-- > 0; element /= wanted.extents[axis]) {
      const std::size_t i = element % wanted.extents[axis];
      const Index& index = left.indices[axis];
      if (!index.letter.empty())
        letters[index.letter] = i;
      else if (index.number - 1 != i)
        return false;
    }
    return true;
  }

  void require_use() const {
    for (const auto& [name, defined] : defined_)
      if (!defined.used)
        source_.fail(defined.at,
                     name + " is defined here and never used; wanted are " + listed(wanted_));
  }

  // Whether the file gives this gradient. One that has only some of its elements is refused.
  [[nodiscard]] bool is_given(const Wanted& wanted) const {
    const auto& line = filled_.at(wanted.name).line;
    if (std::ranges::all_of(line, [](std::size_t l) { return l == 0; })) return false;
    const auto missing = std::ranges::find(line, std::size_t{0});
    if (missing == line.end()) return true;
    throw FormulaError(source_.name + ": " +
                       element_name(wanted, static_cast<std::size_t>(missing - line.begin())) +
                       " is missing, while other elements are given; wanted are " +
                       listed(wanted_));
  }

  const Source& source_;
  const std::map<std::string, Known>& known_;
  const std::vector<Wanted>& wanted_;
  std::map<std::string, Defined> defined_;
  Parser parser_;
  std::map<std::string, Filled> filled_;
};

}  // namespace

Gradients gradients_of(const Source& source, const std::map<std::string, Known>& known,
                       const std::vector<Wanted>& wanted) {
  return File(source, known, wanted).run();
}

}  // namespace derivation
