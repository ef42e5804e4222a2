#include <xtape/autodiff/plan.hpp>

namespace xtape {

template <class T>
void Plan<T>::pull(const Rule<T>& rule, std::size_t k, const KernelArguments<T>& arguments,
                   const View<const T>* g, In in, const View<const T>* out, View<T> to,
                   bool accumulate) {
  const ScratchScope scope(temporaries_);
  if (rule.elementwise()) {
    const BackwardKernel<T> kernel = engine_.chosen(rule.backward[k]);
    if (to.size() == out->size()) {
      calls_.push_back(
          Backward{kernel, &arguments, in, out->extents(), g->data, to.data, accumulate});
      return;
    }
    const View<T> stretched = temporary(out->shape());
    calls_.push_back(
        Backward{kernel, &arguments, in, out->extents(), g->data, stretched.data, false});
    const View<T> sum = accumulate ? temporary(to.shape()) : to;
    calls_.push_back(Move{Engine<T>::sum_to, {stretched.data, stretched.extents()}, sum});
    if (accumulate) calls_.push_back(Move{Engine<T>::add, {sum.data, sum.extents()}, to});
    return;
  }
  // Computed first and added then, so that contributions sum to the gradient bit by bit.
  const View<T> result = accumulate ? temporary(to.shape()) : to;
  rule.pull[rule.inputs == 0 ? 0 : k](*this, arguments.operation, k, g, in, out, result);
  if (accumulate) calls_.push_back(Move{Engine<T>::add, {result.data, result.extents()}, to});
}

template <class T>
void Plan<T>::compute(const Rule<T>& rule, const void* operation, In in, View<T> out) {
  if (rule.elementwise()) {
    const KernelArguments<T>* const arguments = keep(engine_.arrange(operation, in, out, nullptr));
    calls_.push_back(Elementwise{engine_.chosen(*rule.forward), arguments, in, out.extents()});
  } else {
    calls_.push_back(Structural{&rule, operation, in, out});
  }
}

template <class T>
void Plan<T>::copy(View<const T> from, View<T> to) {
  calls_.push_back(Move{Engine<T>::copy, from, to});
}

template <class T>
void Plan<T>::run() const {
  for (const Call& call : calls_) {
    if (const auto* const b = std::get_if<Backward>(&call)) {
      engine_.backward(b->kernel, *b->arguments, b->in, *b->shape, b->g, b->to, b->accumulate);
    } else if (const auto* const s = std::get_if<Structural>(&call)) {
      Engine<T>::compute_structural(*s->rule, s->operation, s->in, &s->to);
    } else if (const auto* const e = std::get_if<Elementwise>(&call)) {
      engine_.forward(e->kernel, *e->arguments, e->in, *e->shape);
    } else {
      const auto& m = *std::get_if<Move>(&call);
      m.move(m.from, m.to);
    }
  }
}

template <class T>
void Plan<T>::clear() {
  calls_.clear();
  memory_.rewind();
}

template class Plan<double>;
template class Plan<float>;

}  // namespace xtape
