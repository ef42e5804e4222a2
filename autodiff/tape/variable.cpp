#include <xtape/autodiff/tape/tape.hpp>

namespace xtape {

template <class T>
ArrayView<T> BasicVariable<T>::value() const {
  if (tape_ == nullptr) BasicTape<T>::throw_empty("value");
  const Slot<T>& slot = tape_->slot(tape_->check(*this, "value"));
  if (tape_->parameter_of(index_) != nullptr) tape_->check_parameters("value");
  return adapt(slot.view.data, slot.shape());
}

template <class T>
T BasicVariable<T>::item() const {
  if (tape_ == nullptr) BasicTape<T>::throw_empty("item");
  const Slot<T>& slot = tape_->slot(tape_->check(*this, "item"));
  if (slot.shape().size() != 1)
    throw ShapeError("item: " + tape_->describe(index_, "an array") + " has " +
                     std::to_string(slot.shape().size()) + " elements, not one");
  if (tape_->parameter_of(index_) != nullptr) tape_->check_parameters("item");
  return slot.view.data[0];
}

template <class T>
const Shape& BasicVariable<T>::shape() const {
  if (tape_ == nullptr) BasicTape<T>::throw_empty("shape");
  return tape_->slot(tape_->check(*this, "shape")).shape();
}

template <class T>
bool BasicVariable<T>::active() const {
  return tape_ != nullptr && tape_->slot(tape_->check(*this, "active")).active;
}

template <class T>
std::string_view BasicVariable<T>::name() const {
  return tape_ == nullptr ? std::string_view() : tape_->name_of(tape_->check(*this, "name"));
}

template <class T>
BasicVariable<T> BasicVariable<T>::named(std::string_view name) const {
  if (tape_ == nullptr) BasicTape<T>::throw_empty("named");
  tape_->name(tape_->check(*this, "named"), name);
  return *this;
}

template class BasicVariable<double>;
template class BasicVariable<float>;

}  // namespace xtape
