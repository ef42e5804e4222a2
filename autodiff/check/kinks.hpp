#pragma once
// Where the operations of a recording have their kinks.

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
