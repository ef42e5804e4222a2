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
  /// Takes the values of another of the same shape.
  void assign(const ParameterStorage& other);

 private:
  Shape shape_;
  T* data_;
  std::uint64_t version_ = 0;
  std::string name_;
};

/// A trainable array. A copy is a deep copy. It is read freely and changed only by `update` and by
/// assignment, which count a version: a recording that has met the parameter is of no use after
/// that, and says so.
template <class T>
class BasicParameter {
 public:
  using Storage = ParameterStorage<T>;

  /// A parameter of that shape, all zeros.
  explicit BasicParameter(const Shape& shape, std::string name = "parameter")
      : storage_(std::make_shared<Storage>(shape, std::move(name))) {}
  /// A parameter with the values of any xtensor expression.
  /// @throws Error for an array of integers, which has no derivative.
  template <XtensorExpression E>
  explicit BasicParameter(const E& values, std::string name = "parameter")
      : BasicParameter(Shape(values.shape()), std::move(name)) {
    if constexpr (!std::is_floating_point_v<typename E::value_type>) throw_integers();
    update(values);
  }
  /// A parameter of a single number.
  explicit BasicParameter(T number, std::string name = "parameter")
      : BasicParameter(Shape{}, std::move(name)) {
    update([&](T* value, std::size_t) { *value = number; });
  }
  BasicParameter(const BasicParameter& other)
      : storage_(std::make_shared<Storage>(*other.storage())) {}
  BasicParameter(BasicParameter&&) noexcept = default;
  /// Takes the values and the name. Where the shapes are equal the array stays where it is, so that
  /// whoever holds it, such as an optimizer, goes on with the new values.
  BasicParameter& operator=(const BasicParameter& other);
  BasicParameter& operator=(BasicParameter&& other) noexcept;
  ~BasicParameter() = default;
  /// Takes the values of an xtensor expression of its shape, and keeps its name: `update`.
  /// @throws ShapeError when the shapes differ; nothing is changed then.
  template <XtensorExpression E>
  BasicParameter& operator=(const E& values) {
    update(values);
    return *this;
  }

  [[nodiscard]] const Shape& shape() const { return storage()->shape(); }
  [[nodiscard]] std::size_t size() const { return storage()->shape().size(); }
  [[nodiscard]] const std::string& name() const { return storage()->name(); }
  void rename(std::string name) { storage()->rename(std::move(name)); }
  /// How often the parameter was updated.
  [[nodiscard]] std::uint64_t version() const { return storage()->version(); }
  /// The values, as an xtensor expression over the parameter's own memory.
  [[nodiscard]] ArrayView<T> value() const { return adapt(storage()->data(), storage()->shape()); }

  /// Takes the values of an xtensor expression of the parameter's shape.
  /// @throws ShapeError when the shapes differ; nothing is changed then.
  template <XtensorExpression E>
  void update(const E& values) {
    if (Shape(values.shape()) != shape())
      throw ShapeError("Parameter " + name() + " " + to_string(shape()) +
                       ": update with an array of shape " + to_string(Shape(values.shape())));
    if constexpr (RowMajorContainer<E, T>) {
      copy_elements(values, storage()->data());
    } else {  // an expression may read what is to be overwritten
      copy_elements(Array<T>(values), storage()->data());
    }
    storage()->touched();
  }
  /// Changes the values in place: `change(T* values, std::size_t count)`. Where it throws, what it
  /// wrote stays, and counts.
  template <class Change>
  requires(!XtensorExpression<Change> &&
           std::invocable<Change, T*, std::size_t>) void update(Change&& change) {
    struct Touch {  // also when it throws
      Storage& storage;
      ~Touch() { storage.touched(); }
    } touch{*storage()};
    change(touch.storage.data(), size());
  }

  /// @throws Error for a parameter that was moved from.
  [[nodiscard]] const std::shared_ptr<Storage>& storage() const {
    if (storage_ == nullptr) throw_moved();
    return storage_;
  }

 private:
  [[noreturn]] static void throw_moved();
  [[noreturn]] void throw_integers() const;

  std::shared_ptr<Storage> storage_;
};

using Parameter = BasicParameter<double>;
using ParameterF = BasicParameter<float>;

}  // namespace xtape
