#pragma once
// The structural operations with the shapes that they are tested on.

#include <string>
#include <vector>

#include "operation_table.hpp"

namespace structural_table {

using operation_table::Erased;
using xtape::Shape;

struct Case {
  Erased operation;
  std::vector<Shape> shapes;
  bool drops_elements = false;  // a slice: not every element of an input is in the output

  [[nodiscard]] Shape output() const {
    std::vector<const Shape*> in;
    for (const Shape& shape : shapes) in.push_back(&shape);
    Shape result;
    operation.rule_double->shapes(operation.operation.get(), in, &result);
    return result;
  }
  [[nodiscard]] std::string text() const {
    std::string result = operation.type;
    for (const Shape& shape : shapes) result.append(" ").append(to_string(shape));
    return result.append(" -> ").append(to_string(output()));
  }
};

inline const std::vector<Case>& structural() {
  using namespace xtape;
  using operation_table::erase;
  static const std::vector<Case> cases = [] {
    std::vector<Case> all;
    // Small ones by loops, tall and narrow ones by kernels of their own, large ones by BLAS;
    // vectors as rows and columns; nothing at all.
    for (const auto& shapes : std::vector<std::vector<Shape>>{{{3, 4}, {4, 2}},
                                                              {{1, 1}, {1, 1}},
                                                              {{4}, {4}},
                                                              {{4}, {4, 3}},
                                                              {{2, 4}, {4}},
                                                              {{1, 7}, {7, 1}},
                                                              {{65, 2}, {2, 3}},
                                                              {{1000, 3}, {3, 2}},
                                                              {{2, 700}, {700, 3}},
                                                              {{37, 41}, {41, 29}},
                                                              {{64, 64}, {64, 64}},
                                                              {{2, 0}, {0, 3}},
                                                              {{0, 3}, {3, 2}},
                                                              {{3, 2}, {2, 0}},
                                                              {{0}, {0}}})
      all.push_back({erase<2>("MatMul", MatMul{}), shapes});
    for (const auto& shapes : std::vector<std::vector<Shape>>{{{3, 4}, {2, 4}},
                                                              {{1, 1}, {1, 1}},
                                                              {{1000, 3}, {2, 3}},
                                                              {{3, 700}, {2, 700}},
                                                              {{37, 41}, {29, 41}},
                                                              {{2, 0}, {3, 0}},
                                                              {{0, 3}, {2, 3}},
                                                              {{65, 2}, {3, 2}}})
      all.push_back({erase<2>("MatMulNT", MatMulNT{}), shapes});
    for (const auto& shapes : std::vector<std::vector<Shape>>{{{4, 3}, {4, 2}},
                                                              {{1, 1}, {1, 1}},
                                                              {{1000, 3}, {1000, 2}},
                                                              {{2, 700}, {2, 3}},
                                                              {{41, 37}, {41, 29}},
                                                              {{0, 2}, {0, 3}},
                                                              {{3, 0}, {3, 2}},
                                                              {{65, 2}, {65, 3}}})
      all.push_back({erase<2>("MatMulTN", MatMulTN{}), shapes});
    for (const auto& shapes : std::vector<std::vector<Shape>>{{{5, 2}, {2, 3}, {3}},
                                                              {{1, 1}, {1, 1}, {1}},
                                                              {{1000, 2}, {2, 2}, {2}},
                                                              {{65, 5}, {5, 1}, {1}},
                                                              {{33, 40}, {40, 27}, {27}},
                                                              {{0, 2}, {2, 3}, {3}},
                                                              {{2, 0}, {0, 3}, {3}},
                                                              {{7, 3}, {3, 0}, {0}}})
      all.push_back({erase<3>("LinearMap", LinearMap{}), shapes});

    struct Reduction {
      Axes axes;
      Shape shape;
    };
    for (const bool keep : {false, true})
      for (const auto& [axes, shape] :
           std::vector<Reduction>{{{}, {7}},
                                  {{}, {65}},
                                  {{}, Shape{}},
                                  {{}, {1}},
                                  {{}, {3, 4}},
                                  {0, {3, 4}},
                                  {1, {3, 4}},
                                  {-1, {64, 5}},
                                  {{0, 2}, {2, 3, 4}},
                                  {1, {2, 3, 4}},
                                  {{-1, 0}, {5, 1, 6}},
                                  {0, {1000, 3}},
                                  {1, {3, 1000}},
                                  {{}, {2000}},
                                  {0, {0, 3}},
                                  {1, {0, 3}},
                                  {2, {2, 2, 9}},
                                  {{1, 3}, {2, 3, 2, 5}},
                                  {Axes(std::initializer_list<int>{}), {3, 4}}}) {
        all.push_back({erase<1>("Sum", Sum{axes, keep}), {shape}});
        const bool empty = shape == Shape{0, 3} && Sum{axes, keep}.output_shape(shape).size() != 0;
        if (!empty) all.push_back({erase<1>("Mean", Mean{axes, keep}), {shape}});
      }

    struct Stretch {
      Shape narrow, wide;
    };
    for (const auto& [narrow, wide] : std::vector<Stretch>{{Shape{}, {7}},
                                                           {Shape{}, {3, 4}},
                                                           {{1}, {65}},
                                                           {{4}, {3, 4}},
                                                           {{3, 1}, {3, 4}},
                                                           {{3, 1}, {2, 3, 4}},
                                                           {{2, 1, 3}, {2, 5, 3}},
                                                           {{1, 1}, {64, 9}},
                                                           {{1, 4}, {1000, 4}},
                                                           {{1}, {0}},
                                                           {{3}, {0, 3}},
                                                           {{2, 3}, {2, 3}},
                                                           {Shape{}, {1, 1}},
                                                           {{1000, 1}, {1000, 3}}}) {
      all.push_back({erase<1>("BroadcastTo", BroadcastTo{wide}), {narrow}});
      all.push_back({erase<1>("SumTo", SumTo{narrow}), {wide}});
    }
    all.push_back({erase<1>("Reshape", Reshape{{2, 6}}), {{3, 4}}});
    all.push_back({erase<1>("Reshape", Reshape{{}}), {{1, 1}}});
    all.push_back({erase<1>("Reshape", Reshape{{5, 13}}), {{65}}});
    all.push_back({erase<1>("Reshape", Reshape{{3, 0}}), {{0, 2}}});

    all.push_back({erase<1>("Transpose", Transpose{{1, 0}}), {{3, 4}}});
    all.push_back({erase<1>("Transpose", Transpose{{1, 0}}), {{65, 33}}});
    all.push_back({erase<1>("Transpose", Transpose{{1, 2, 0}}), {{2, 3, 4}}});
    all.push_back({erase<1>("Transpose", Transpose{{2, 0, 3, 1}}), {{2, 3, 4, 5}}});
    all.push_back({erase<1>("Transpose", Transpose{{0, 2, 1}}), {{7, 9, 1}}});
    all.push_back({erase<1>("Transpose", Transpose{{0}}), {{7}}});
    all.push_back({erase<1>("Transpose", Transpose{}), {Shape{}}});
    all.push_back({erase<1>("Transpose", Transpose{{1, 0}}), {{0, 3}}});

    struct Part {
      Slice slice;
      Shape whole;
    };
    for (const auto& [slice, whole] :
         std::vector<Part>{{{{3}, {2}, {1}}, {7}},
                           {{{4}, {6}, {-2}}, {7}},
                           {{{65}, {64}, {-1}}, {65}},
                           {{{0}, {0}, {1}}, {4}},
                           {{{2, 3}, {1, 4}, {2, -1}}, {5, 6}},
                           {{{1, 2, 2}, {1, 0, 1}, {1, 2, 2}}, {2, 3, 4}},
                           {{{64, 1}, {0, 1}, {1, 1}}, {64, 3}},
                           {{{3, 40}, {1, 5}, {3, 1}}, {9, 50}},
                           {{{1}, {3}, {1}}, {5}},
                           {{{0, 3}, {0, 0}, {1, 1}}, {2, 3}}}) {
      all.push_back({erase<1>("Slice", slice), {whole}, true});
      all.push_back({erase<1>("Embed", Embed{slice, whole}), {slice.shape}});
    }
    all.push_back({erase<0>("Concatenate", Concatenate{0}), {{3}, {1}, {4}}});
    all.push_back({erase<0>("Concatenate", Concatenate{0}), {{2, 3}, {0, 3}, {1, 3}}});
    all.push_back({erase<0>("Concatenate", Concatenate{1}), {{3, 2}, {3, 1}}});
    all.push_back({erase<0>("Concatenate", Concatenate{-1}), {{2, 3, 4}, {2, 3, 1}, {2, 3, 60}}});
    all.push_back({erase<0>("Concatenate", Concatenate{1}), {{2, 3, 4}, {2, 2, 4}}});
    all.push_back({erase<0>("Concatenate", Concatenate{0}), {{65}}});
    all.push_back({erase<0>("Concatenate", Concatenate{0}), {{1}, {1}, {1}, {1}, {1}, {2}}});
    return all;
  }();
  return cases;
}

}  // namespace structural_table
