// A training loop allocates nothing from its third step on, and does not grow. Every way to memory
// is counted: the forms of new and delete are replaced, and so is malloc, which they call.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include <xtape/autodiff.hpp>
#include <xtape/nn.hpp>

#include "../sanitized.hpp"

// With a sanitizer the forms of new are counted alone.
#if defined(__GLIBC__) && !defined(XTAPE_SANITIZED)
#define XTAPE_COUNT_MALLOC 1
#endif

namespace {

std::size_t calls = 0;

}  // namespace

#ifdef XTAPE_COUNT_MALLOC
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) {
  ++calls;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  ++calls;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) {
  ++calls;
  return __libc_realloc(memory, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
  ++calls;
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  ++calls;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  ++calls;
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? 12 : 0;  // ENOMEM
}
}
#endif

namespace {

void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
  ++calls;
  const std::size_t whole = (bytes + alignment) / alignment * alignment;  // at least one byte
  void* const memory = alignment <= alignof(std::max_align_t)
                           ? std::malloc(whole)
                           : std::aligned_alloc(alignment, whole);
  if (memory == nullptr) std::abort();
  return memory;
}
std::size_t to_size(std::align_val_t alignment) { return static_cast<std::size_t>(alignment); }

}  // namespace

void* operator new(std::size_t n) { return allocate(n); }
void* operator new[](std::size_t n) { return allocate(n); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return allocate(n); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return allocate(n); }
void* operator new(std::size_t n, std::align_val_t a) { return allocate(n, to_size(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return allocate(n, to_size(a)); }
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(n, to_size(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(n, to_size(a));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { std::free(p); }

namespace {

int failures = 0;

void check(bool holds, const char* what, double number) {
  if (holds) return;
  std::printf("failed: %s (%g)\n", what, number);
  ++failures;
}

/// The pages of this process that are in memory; 0 where the system does not tell.
long resident_pages() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long total = 0, resident = 0;
  if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
  std::fclose(file);
  return resident;
}

template <class T>
struct Training {
  using Array = xtape::Array<T>;
  xtape::Random random{1};
  xtape::nn::BasicDataSet<T> data = make_data(random);
  xtape::nn::BasicNetwork<T> net{{2, 5, 1}, xtape::sigmoid, random};
  xtape::nn::BasicAdam<T> adam{net};
  xtape::BasicTape<T> tape;
  double total = 0;

  static xtape::nn::BasicDataSet<T> make_data(xtape::Random& random) {
    Array x = xt::zeros<T>({60, 2}), t = xt::zeros<T>({60, 1});
    for (std::size_t i = 0; i < 60; ++i) {
      x(i, 0) = static_cast<T>(random.uniform(-1, 1));
      x(i, 1) = static_cast<T>(random.uniform(-1, 1));
      t(i, 0) = x(i, 0) * x(i, 1) > 0 ? T(1) : T(0);
    }
    return {std::move(x), std::move(t)};
  }
  void step(const xtape::nn::Batch<T>& batch) {
    const auto recording = tape.record({.training = true, .random = random});
    const auto scope = tape.scope("training step, with a name too long for a small string");
    const auto x = tape.constant(xtape::borrow(batch.inputs), "inputs");
    const auto t = tape.constant(batch.targets, "targets of this batch");
    const auto y = net(x);
    y.named("prediction");
    const auto loss = xtape::nn::half_mse(y, t);
    adam.step(gradients(loss, net));
    total += static_cast<double>(loss.item());
  }
  /// Two batch sizes; the larger one leaves a smaller rest.
  std::size_t epoch() {
    std::size_t steps = 0;
    for (const auto& batch : data.batches(7, random, xtape::nn::Last::keep)) step(batch), ++steps;
    for (const auto& batch : data.batches(30, random)) step(batch), ++steps;
    return steps;
  }
};

template <class T>
void allocates_nothing(const char* what) {
  Training<T> training;
  // Two steps of each size, of two ranges of batches that live side by side.
  auto small = training.data.batches(7, training.random);
  auto large = training.data.batches(30, training.random);
  auto next_small = small.begin();
  auto next_large = large.begin();
  std::size_t after_two = 0;
  for (int step = 0; step < 4; ++step) {
    const bool is_small = step % 2 == 0;
    const std::size_t before = calls;
    training.step(is_small ? *next_small : *next_large);
    if (is_small) ++next_small;
    if (!is_small && step < 2) ++next_large;
    if (step >= 2) after_two += calls - before;
  }
  check(after_two == 0, what, static_cast<double>(after_two));
}

template <class T>
void epochs_allocate_nothing(const char* what) {
  Training<T> training;
  training.epoch();
  training.epoch();
  const std::size_t before = calls;
  for (int i = 0; i < 20; ++i) training.epoch();
  check(calls == before, what, static_cast<double>(calls - before));
  check(training.total > 0, "the loss is read", training.total);
}

void does_not_grow() {
  Training<double> training;
  std::size_t steps = 0;
  while (steps < 1000) steps += training.epoch();
  resident_pages();  // the first call has pages of its own
  const long before = resident_pages();
  while (steps < 101000) steps += training.epoch();
  const long after = resident_pages();
  // Linux counts pages to within 64; one pointer lost in each step would be 195.
  check(after < before + 64, "pages that 100000 steps have added",
        static_cast<double>(after - before));
}

}  // namespace

int main() {
  {
    const std::size_t before = calls;
    void* volatile kept = std::malloc(10);  // volatile, or the compiler leaves the pair out
    std::free(kept);
    int* volatile number = new int(1);
    delete number;
#ifdef XTAPE_COUNT_MALLOC
    check(calls > before + 1, "what is counted", static_cast<double>(calls - before));
#else
    check(calls >= before, "what is counted", static_cast<double>(calls - before));
#endif
  }
  allocates_nothing<double>("calls in the third and fourth step");
  allocates_nothing<float>("calls in the third and fourth step, float");
  epochs_allocate_nothing<double>("calls from the third epoch on");
  epochs_allocate_nothing<float>("calls from the third epoch on, float");
  does_not_grow();
  if (failures == 0) std::printf("no allocation from the third step on\n");
  return failures == 0 ? 0 : 1;
}
