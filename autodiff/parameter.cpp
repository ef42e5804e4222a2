#include <xtape/autodiff/parameter.hpp>

#include <cstring>
#include <new>

#include <xtape/autodiff/tape/arena.hpp>

namespace xtape {
namespace {

template <class T>
std::size_t padded_bytes(const Shape& shape) {
  const std::size_t bytes = std::max<std::size_t>(shape.size(), 1) * sizeof(T);
  return (bytes + Arena::alignment - 1) / Arena::alignment * Arena::alignment;
}

template <class T>
T* allocate_zeros(const Shape& shape) {
  void* const memory = ::operator new (padded_bytes<T>(shape), std::align_val_t{Arena::alignment});
  std::memset(memory, 0, padded_bytes<T>(shape));
  return static_cast<T*>(memory);
}

}  // namespace

template <class T>
ParameterStorage<T>::ParameterStorage(const Shape& shape, std::string name)
    : shape_(shape), data_(allocate_zeros<T>(shape)), name_(std::move(name)) {}

template <class T>
ParameterStorage<T>::ParameterStorage(const ParameterStorage& other)
    : ParameterStorage(other.shape_, other.name_) {
  std::memcpy(data_, other.data_, padded_bytes<T>(shape_));
}

template <class T>
ParameterStorage<T>::~ParameterStorage() {
  ::operator delete (data_, std::align_val_t{Arena::alignment});
}

template <class T>
void ParameterStorage<T>::touched() {
  ++version_;
  // A single number is kept repeated over a whole vector, as the kernels read it.
  if (shape_.size() == 1) std::fill_n(data_, padded_bytes<T>(shape_) / sizeof(T), data_[0]);
}

template <class T>
void ParameterStorage<T>::assign(const ParameterStorage& other) {
  std::memcpy(data_, other.data_, padded_bytes<T>(shape_));
  touched();
}

template <class T>
BasicParameter<T>& BasicParameter<T>::operator=(const BasicParameter& other) {
  return this == &other ? *this : *this = BasicParameter(other);
}

template <class T>
BasicParameter<T>& BasicParameter<T>::operator=(BasicParameter&& other) noexcept {
  if (this == &other) return *this;
  if (storage_ == nullptr || other.storage_ == nullptr) {
    storage_ = std::move(other.storage_);
  } else if (storage_->shape() == other.storage_->shape()) {
    storage_->assign(*other.storage_);
    storage_->rename(other.storage_->name());
  } else {
    storage_->touched();  // recordings that have met it are of no use
    storage_ = std::move(other.storage_);
  }
  return *this;
}

template <class T>
void BasicParameter<T>::throw_moved() {
  throw Error("Parameter: it was moved from and has no array any more");
}

template <class T>
void BasicParameter<T>::throw_integers() const {
  throw Error("Parameter " + name() + " " + to_string(shape()) +
              ": an array of integers has no derivative; give it as xt::xarray<" +
              (sizeof(T) == 8 ? "double" : "float") + ">");
}

template class ParameterStorage<double>;
template class ParameterStorage<float>;
template class BasicParameter<double>;
template class BasicParameter<float>;

}  // namespace xtape
