#pragma once
// What training changes: arrays that outlive recordings.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>

#include <xtape/autodiff/error.hpp>
#include <xtape/autodiff/shape.hpp>
#include <xtape/autodiff/xtensor.hpp>

namespace xtape {

/// The array of a parameter, at an address that does not change.
template <class T>
class ParameterStorage {
 public:
  ParameterStorage(const Shape& shape, std::string name);
  ParameterStorage(const ParameterStorage& other);
  ParameterStorage& operator=(const ParameterStorage&) = delete;
  ~ParameterStorage();

  [[nodiscard]] const T* data() const { return data_; }
  [[nodiscard]] T* data() { return data_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  /// To be called after the array was written: counts the version.
  void touched();

 private:
  Shape shape_;
  T* data_;
  std::uint64_t version_ = 0;
  std::string name_;
};

/// A trainable array. A copy is a deep copy. It is read freely and changed only by `update`, which
/// counts a version: a recording that has met the parameter is of no use after that, and says so.
template <class T>
class BasicParameter {
 public:
  using Storage = ParameterStorage<T>;

  /// A parameter of that shape, all zeros.
  explicit BasicParameter(const Shape& shape, std::string name = "parameter")
      : storage_(std::make_shared<Storage>(shape, std::move(name))) {}
  /// A parameter with the values of any xtensor expression.
  template <XtensorExpression E>
  explicit BasicParameter(const E& values, std::string name = "parameter")
      : BasicParameter(Shape(values.shape()), std::move(name)) {
    update(values);
  }
  BasicParameter(const BasicParameter& other)
      : storage_(std::make_shared<Storage>(*other.storage_)) {}
  BasicParameter(BasicParameter&&) noexcept = default;
  BasicParameter& operator=(const BasicParameter& other) { return *this = BasicParameter(other); }
  BasicParameter& operator=(BasicParameter&&) noexcept = default;
  ~BasicParameter() = default;

  [[nodiscard]] const Shape& shape() const { return storage_->shape(); }
  [[nodiscard]] std::size_t size() const { return storage_->shape().size(); }
  [[nodiscard]] const std::string& name() const { return storage_->name(); }
  void rename(std::string name) { storage_->rename(std::move(name)); }
  /// How often the parameter was updated.
  [[nodiscard]] std::uint64_t version() const { return storage_->version(); }
  /// The values, as an xtensor expression over the parameter's own memory.
  [[nodiscard]] ArrayView<T> value() const { return adapt(storage_->data(), storage_->shape()); }

  /// Takes the values of an xtensor expression of the parameter's shape.
  /// @throws ShapeError when the shapes differ; nothing is changed then.
  template <XtensorExpression E>
  void update(const E& values) {
    if (Shape(values.shape()) != shape())
      throw ShapeError("Parameter " + name() + " " + to_string(shape()) +
                       ": update with an array of shape " + to_string(Shape(values.shape())));
    if constexpr (RowMajorContainer<E, T>) {
      copy_elements(values, storage_->data());
    } else {  // an expression may read what is to be overwritten
      copy_elements(Array<T>(values), storage_->data());
    }
    storage_->touched();
  }
  /// Changes the values in place: `change(T* values, std::size_t count)`.
  template <class Change>
  requires(!XtensorExpression<Change> &&
           std::invocable<Change, T*, std::size_t>) void update(Change&& change) {
    change(storage_->data(), size());
    storage_->touched();
  }

  [[nodiscard]] const std::shared_ptr<Storage>& storage() const { return storage_; }

 private:
  std::shared_ptr<Storage> storage_;
};

using Parameter = BasicParameter<double>;
using ParameterF = BasicParameter<float>;

extern template class ParameterStorage<double>;
extern template class ParameterStorage<float>;

}  // namespace xtape
