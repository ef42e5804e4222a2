#include "interpreted.hpp"

#include <map>

namespace mutation {

Node compile(const xtape::Symbol& formula) {
  using Code = Node::Code;
  static const std::map<std::string, Code> codes = {
      {"add", Code::add},
      {"subtract", Code::subtract},
      {"multiply", Code::multiply},
      {"divide", Code::divide},
      {"negate", Code::negate},
      {"less", Code::less},
      {"less_equal", Code::less_equal},
      {"equal", Code::equal},
      {"both", Code::both},
      {"either", Code::either},
      {"not", Code::no},
      {"where", Code::where},
#define XTAPE_ELEMENTARY_1(function, Operation) {#function, Code::function},
#define XTAPE_ELEMENTARY_2(function, Operation) {#function, Code::function},
#define XTAPE_COMPOSED_1(function, Operation) {#function, Code::function},
#define XTAPE_COMPOSED_2(function, Operation) {#function, Code::function},
#include <xtape/autodiff/operations/vocabulary.inc>
  };
  static const std::map<std::string, std::size_t> slots = {
      {"x", 0}, {"a", 0}, {"b", 1}, {"c", 2}, {"y", Node::y}, {"g", Node::g}};
  Node node;
  switch (formula.kind()) {
    case xtape::Symbol::Kind::number:
      node.number = formula.number();
      break;
    case xtape::Symbol::Kind::name:
      node.code = Code::input;
      node.slot = slots.at(formula.name());
      break;
    case xtape::Symbol::Kind::call:
      node.code = codes.at(formula.name());
      for (const xtape::Symbol& input : formula.inputs()) node.in.push_back(compile(input));
      break;
  }
  return node;
}

}  // namespace mutation
