#pragma once
// Where the operations of a recording have their kinks.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <xtape/autodiff/tape/tape.hpp>

namespace xtape {

/// For every record with a stated kink, what is 0 there, element by element.
struct KinkValues {
  struct OfRecord {
    std::uint32_t record;
    const char* operation;
    std::string input;  // the name of the first named input, or ""
    Place place;
    Shape shape;
    std::vector<long double> values;
  };
  std::vector<OfRecord> records;
};
template <class T>
KinkValues kink_values(const BasicTape<T>& tape);

/// What is 0 where the operation of a record, which has kinks, is at one, in one element of its
/// output: `in(k)` is the element of input k there.
template <class T>
long double kink_at(const Record<T>& record, const auto& in) {
  std::array<long double, KernelArguments<T>::most_inputs> x{};
  for (std::uint32_t k = 0; k < record.inputs; ++k) x[k] = static_cast<long double>(in(k));
  return record.rule->kink(record.operation(), x.data());
}

/// "relu of a, element [3] (train.cpp:41)".
std::string site_text(const KinkValues::OfRecord& record, std::size_t element);

/// An element of an operation that has its kink between two recordings.
struct KinkSite {
  enum class Where : std::uint8_t { at, left, right };  // of the point in the middle
  std::string text;                                     // site_text
  Where where;
};
/// The elements whose kink is at the middle one of three recordings, or else between the outer two;
/// what was recorded has to be the same operations.
std::vector<KinkSite> kinks_between(const KinkValues& left, const KinkValues& middle,
                                    const KinkValues& right);

extern template KinkValues kink_values(const BasicTape<double>&);
extern template KinkValues kink_values(const BasicTape<float>&);

}  // namespace xtape
