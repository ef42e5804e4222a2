#pragma once
// The functions that structural rules are written in, for the direct sweep.

#include <xtape/autodiff/direct.hpp>
#include <xtape/autodiff/operations/structural.hpp>

namespace xtape {

template <class T>
Direct<T> matmul(const Direct<T>& a, const Direct<T>& b) {
  return Direct<T>::lift(MatMul{}, a, b);
}
template <class T>
Direct<T> matmul_nt(const Direct<T>& a, const Direct<T>& b) {
  return Direct<T>::lift(MatMulNT{}, a, b);
}
template <class T>
Direct<T> matmul_tn(const Direct<T>& a, const Direct<T>& b) {
  return Direct<T>::lift(MatMulTN{}, a, b);
}
template <class T>
Direct<T> sum(const Direct<T>& x, const Axes& axes = Axes::every(), bool keep = false) {
  return Direct<T>::lift(Sum{axes, keep}, x);
}
template <class T>
Direct<T> mean(const Direct<T>& x, const Axes& axes = Axes::every(), bool keep = false) {
  return Direct<T>::lift(Mean{axes, keep}, x);
}
template <class T>
Direct<T> broadcast_to(const Direct<T>& x, const Shape& shape) {
  return x.shape() == shape ? x : Direct<T>::lift(BroadcastTo{shape}, x);
}
template <class T>
Direct<T> sum_to(const Direct<T>& x, const Shape& shape) {
  static_cast<void>(SumTo{shape}.output_shape(x.shape()));  // throws where it does not fit
  // Of one row, the sum of the rows is the row.
  return x.shape().size() == shape.size() ? x.reshaped(shape) : Direct<T>::lift(SumTo{shape}, x);
}
template <class T>
Direct<T> reshape(const Direct<T>& x, const Shape& shape) {
  static_cast<void>(Reshape{shape}.output_shape(x.shape()));  // throws where it does not fit
  return x.shape() == shape ? x : x.reshaped(shape);
}
template <class T>
Direct<T> transpose(const Direct<T>& x, const Transpose& order) {
  return Direct<T>::lift(order, x);
}
template <class T>
Direct<T> slice(const Direct<T>& x, const Slice& part) {
  return Direct<T>::lift(part, x);
}
template <class T>
Direct<T> embed(const Direct<T>& x, const Slice& part, const Shape& shape) {
  return Direct<T>::lift(Embed{part, shape}, x);
}

}  // namespace xtape
