#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>
#include <xtape/nn/optimizers.hpp>

namespace xtape::nn {
namespace {

void require(bool holds, const char* option, double value, const char* range) {
  if (holds) return;
  std::ostringstream text;
  text << option << " = " << value << ": has to be " << range;
  throw std::invalid_argument(text.str());
}
void require_rate(const char* option, double value) {
  require(value > 0 && std::isfinite(value), option, value, "positive and finite");
}
void require_decay(const char* option, double value) {
  require(value >= 0 && value < 1, option, value, "at least 0 and less than 1");
}

const SgdOptions& checked(const SgdOptions& options) {
  require_rate("Sgd: learning_rate", options.learning_rate);
  require_decay("Sgd: momentum", options.momentum);
  return options;
}
const AdamOptions& checked(const AdamOptions& options) {
  require_rate("Adam: learning_rate", options.learning_rate);
  require_decay("Adam: beta1", options.beta1);
  require_decay("Adam: beta2", options.beta2);
  require_rate("Adam: epsilon", options.epsilon);
  return options;
}

// The loops, over arrays that do not overlap. They are compiled for the baseline's vectors: there
// is little to compute for each number that is read, and the same bits come out on every processor.
template <class T>
void descend(std::size_t n, T* __restrict x, const T* __restrict g, T rate) {
  for (std::size_t i = 0; i < n; ++i) x[i] -= rate * g[i];
}
template <class T>
void descend(std::size_t n, T* __restrict x, const T* __restrict g, T* __restrict v, T rate,
             T momentum) {
  for (std::size_t i = 0; i < n; ++i) {
    v[i] = momentum * v[i] + g[i];
    x[i] -= rate * v[i];
  }
}

}  // namespace

template <class T>
void detail::StorageLister<T>::add(const BasicParameter<T>& parameter) {
  storages.push_back(parameter.storage());
}

template <class T>
TrainedParameters<T>::TrainedParameters(const char* optimizer,
                                        std::vector<std::shared_ptr<ParameterStorage<T>>> storages,
                                        std::size_t states)
    : optimizer_(optimizer) {
  if (storages.empty()) throw Error(std::string(optimizer) + ": the module has no parameters");
  items_.reserve(storages.size());
  for (auto& storage : storages) {
    Item item;
    for (const Item& known : items_) item.repeated |= known.storage == storage;
    if (!item.repeated) item.state.resize(states * storage->shape().size());
    item.storage = std::move(storage);
    items_.push_back(std::move(item));
  }
}

template <class T>
void TrainedParameters<T>::check(const BasicParameterGradients<T>& gradients) const {
  const auto entries = gradients.entries();
  const auto text = [](std::size_t count) {
    return std::to_string(count) + (count == 1 ? " parameter" : " parameters");
  };
  if (entries.size() != items_.size())
    throw Error(std::string(optimizer_) + ": gradients of " + text(entries.size()) +
                " for a module of " + text(items_.size()) + ": they are another module's");
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (entries[i].parameter != items_[i].storage.get())
      throw Error(std::string(optimizer_) + ": the gradient of " + entries[i].parameter->name() +
                  " " + to_string(entries[i].parameter->shape()) + " is not that of the module's " +
                  items_[i].storage->name() + " " + to_string(items_[i].storage->shape()) +
                  ": the gradients are another module's, or a copy's");
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (entries[i].version != items_[i].storage->version())
      throw StaleParameterError(std::string(optimizer_) + ": parameter " +
                                items_[i].storage->name() + " " +
                                to_string(items_[i].storage->shape()) +
                                " was updated after these gradients were computed; record again");
}

template <class T>
BasicSgd<T>::BasicSgd(Storages storages, const SgdOptions& options)
    : options_(checked(options)),
      parameters_("Sgd", std::move(storages), options.momentum == 0 ? 0 : 1) {}

template <class T>
void BasicSgd<T>::set_learning_rate(double learning_rate) {
  require_rate("Sgd: learning_rate", learning_rate);
  options_.learning_rate = learning_rate;
}

template <class T>
void BasicSgd<T>::step(const BasicParameterGradients<T>& gradients) {
  parameters_.check(gradients);
  const auto rate = static_cast<T>(options_.learning_rate);
  const auto momentum = static_cast<T>(options_.momentum);
  const auto* entry = gradients.entries().data();
  for (auto& item : parameters_.items()) {
    const T* const g = entry++->gradient;
    if (item.repeated) continue;
    ParameterStorage<T>& storage = *item.storage;
    const std::size_t n = storage.shape().size();
    if (item.state.empty()) {
      descend(n, storage.data(), g, rate);
    } else {
      descend(n, storage.data(), g, item.state.data(), rate, momentum);
    }
    storage.touched();
  }
}

template <class T>
BasicAdam<T>::BasicAdam(Storages storages, const AdamOptions& options)
    : options_(checked(options)), parameters_("Adam", std::move(storages), 2) {}

template <class T>
void BasicAdam<T>::set_learning_rate(double learning_rate) {
  require_rate("Adam: learning_rate", learning_rate);
  options_.learning_rate = learning_rate;
}

template <class T>
void BasicAdam<T>::step(const BasicParameterGradients<T>& gradients) {
  parameters_.check(gradients);
  beta1_power_ *= options_.beta1;
  beta2_power_ *= options_.beta2;
  const auto rate = static_cast<T>(options_.learning_rate / (1 - beta1_power_));
  const auto root = static_cast<T>(1 / std::sqrt(1 - beta2_power_));
  const auto beta1 = static_cast<T>(options_.beta1), beta2 = static_cast<T>(options_.beta2);
  const auto keep1 = static_cast<T>(1 - options_.beta1), keep2 = static_cast<T>(1 - options_.beta2);
  const auto epsilon = static_cast<T>(options_.epsilon);
  const auto* entry = gradients.entries().data();
  for (auto& item : parameters_.items()) {
    const T* const __restrict g = entry++->gradient;
    if (item.repeated) continue;
    ParameterStorage<T>& storage = *item.storage;
    const std::size_t n = storage.shape().size();
    T* const __restrict x = storage.data();
    T* const __restrict m = item.state.data();
    T* const __restrict v = m + n;
    for (std::size_t i = 0; i < n; ++i) {
      m[i] = beta1 * m[i] + keep1 * g[i];
      v[i] = beta2 * v[i] + keep2 * (g[i] * g[i]);
      x[i] -= rate * m[i] / (root * std::sqrt(v[i]) + epsilon);
    }
    storage.touched();
  }
}

template struct detail::StorageLister<double>;
template struct detail::StorageLister<float>;
template class TrainedParameters<double>;
template class TrainedParameters<float>;
template class BasicSgd<double>;
template class BasicSgd<float>;
template class BasicAdam<double>;
template class BasicAdam<float>;

}  // namespace xtape::nn
