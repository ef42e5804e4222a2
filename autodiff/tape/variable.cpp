#include <xtape/autodiff/tape/tape.hpp>

namespace xtape {

template <class T>
ArrayView<T> BasicVariable<T>::value() const {
  BasicTape<T>& tape = BasicTape<T>::of(*this, "value");
  const Slot<T>& slot = tape.slot(tape.check(*this, "value"));
  if (tape.parameter_of(index_) != nullptr) tape.check_parameters("value");
  return adapt(slot.view.data, slot.shape());
}

template <class T>
T BasicVariable<T>::item() const {
  BasicTape<T>& tape = BasicTape<T>::of(*this, "item");
  const Slot<T>& slot = tape.slot(tape.check(*this, "item"));
  if (slot.shape().size() != 1)
    throw ShapeError("item: " + tape.describe(index_, "an array") + " has " +
                     std::to_string(slot.shape().size()) + " elements, not one");
  if (tape.parameter_of(index_) != nullptr) tape.check_parameters("item");
  return slot.view.data[0];
}

template <class T>
const Shape& BasicVariable<T>::shape() const {
  BasicTape<T>& tape = BasicTape<T>::of(*this, "shape");
  return tape.slot(tape.check(*this, "shape")).shape();
}

template <class T>
bool BasicVariable<T>::active() const {
  if (anchor_ == nullptr) return false;
  const BasicTape<T>& tape = BasicTape<T>::of(*this, "active");
  return tape.slot(tape.check(*this, "active")).active;
}

template <class T>
std::string_view BasicVariable<T>::name() const {
  if (anchor_ == nullptr) return {};
  const BasicTape<T>& tape = BasicTape<T>::of(*this, "name");
  return tape.name_of(tape.check(*this, "name"));
}

template <class T>
BasicVariable<T> BasicVariable<T>::named(std::string_view name) const {
  BasicTape<T>& tape = BasicTape<T>::of(*this, "named");
  tape.name(tape.check(*this, "named"), name);
  return *this;
}

template <class T>
BasicTape<T>* BasicVariable<T>::tape() const {
  return &BasicTape<T>::of(*this, "tape");
}

template class BasicVariable<double>;
template class BasicVariable<float>;

}  // namespace xtape
