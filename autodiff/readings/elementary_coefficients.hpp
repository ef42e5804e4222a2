#pragma once
// Written by tests/golden/elementary_coefficients.py, which says how.

namespace xtape::elementary::detail {

template <class T>
struct Coefficients;

template <>
struct Coefficients<double> {
  // (exp(r) - 1 - r) / r^2, |r| <= ln(2) / 2, relative to exp(r); error 2^-57.9
  static constexpr double exp[] = {
      0x1.000000000000ap-1,  0x1.55555555554f9p-3,  0x1.55555555507f1p-5,  0x1.1111111127e81p-7,
      0x1.6c16c1844b042p-10, 0x1.a01a0129b4884p-13, 0x1.a01999adc5491p-16, 0x1.71df262c9d6f8p-19,
      0x1.28adce77e7a77p-22, 0x1.ad7f01499f4c4p-26};
  // the same, relative to expm1(r); error 2^-61.7
  static constexpr double expm1[] = {
      0x1.000000p-1,         0x1.5555555555559p-3,  0x1.555555555553ep-5,  0x1.111111110f6a9p-7,
      0x1.6c16c16c1f167p-10, 0x1.a01a01afe9ae8p-13, 0x1.a01a017b95d11p-16, 0x1.71ddf841ed2e0p-19,
      0x1.27e5365ef2180p-22, 0x1.af5ee871e82b7p-26, 0x1.1ee88a8ef6984p-29};
  // (log(1 + f) - f + f^2 / 2) / f^3, sqrt(1/2) <= 1 + f <= sqrt(2), relative to log; error 2^-59.3
  static constexpr double log[] = {
      0x1.555555555556bp-2, -0x1.ffffffffffe7bp-3, 0x1.9999999994dccp-3, -0x1.555555556b1e5p-3,
      0x1.249249275d16ap-3, -0x1.fffffff3a59c1p-4, 0x1.c71c702e3758ep-4, -0x1.99999aa0d7814p-4,
      0x1.745d58ce7fb19p-4, -0x1.555576b452780p-4, 0x1.3b0d78e84ef53p-4, -0x1.24894c47fe598p-4,
      0x1.1169ff82cf19ap-4, -0x1.00cfa282b3ce8p-4, 0x1.dc97c341aa3e2p-5, -0x1.b45e9fca9ef59p-5,
      0x1.bbacddcf4e9c4p-5, -0x1.01068a3fb0f94p-4, 0x1.d2b0375c54db9p-5, -0x1.8dbe184fd9a20p-6};
  // (tanh(x) - x) / x^3 in x^2, |x| <= 0.55, relative to tanh; error 2^-60.5
  static constexpr double tanh[] = {
      -0x1.555555555554fp-2,  0x1.111111111074bp-3,  -0x1.ba1ba1b978ad5p-5,  0x1.664f485852efbp-6,
      -0x1.226e2eeeedf83p-7,  0x1.d6d2958218a26p-9,  -0x1.7d8f835fe1c65p-10, 0x1.3481097d46024p-11,
      -0x1.e9543608dbee3p-13, 0x1.5d2382e8a10f2p-14, -0x1.4644ee583fbcbp-16};
  // (sin(r) - r) / r^3 in r^2, |r| <= pi / 4, relative to sin; error 2^-57.9
  static constexpr double sin[] = {-0x1.5555555555548p-3,  0x1.111111110f7b0p-7,
                                   -0x1.a01a019bf9b67p-13, 0x1.71de356409028p-19,
                                   -0x1.ae5e578165ab8p-26, 0x1.5d8ee7aa4a458p-33};
  // (cos(r) - 1 + r^2 / 2) / r^4 in r^2, |r| <= pi / 4; error 2^-64.2
  static constexpr double cos[] = {0x1.555555555554cp-5,  -0x1.6c16c16c15162p-10,
                                   0x1.a01a019caef32p-16, -0x1.27e4f807d5f53p-22,
                                   0x1.1ee9ea6ca600ap-29, -0x1.8fadd06293acap-37};
  // ln(2) in two parts; the products of the upper part with exponents are exact.
  static constexpr double ln2_upper = 0x1.62e42fefa4000p-1;
  static constexpr double ln2_lower = -0x1.8432a1b0e2634p-43;
  static constexpr double log2_e = 0x1.71547652b82fep+0;
  // pi / 2 in parts; products with integers below 2^15 (float: 2^22) are exact.
  static constexpr double half_pi[] = {0x1.921fb54440000p+0, 0x1.68c234c4c8000p-39,
                                       -0x1.9d747f23e32edp-79};
};

template <>
struct Coefficients<float> {
  // (exp(r) - 1 - r) / r^2, |r| <= ln(2) / 2, relative to exp(r); error 2^-28.3
  static constexpr float exp[] = {0x1.fffffcp-2f, 0x1.555490p-3f, 0x1.5558f4p-5f, 0x1.123a6cp-7f,
                                  0x1.6a2352p-10f};
  // the same, relative to expm1(r); error 2^-32.0
  static constexpr float expm1[] = {0x1.000000p-1f, 0x1.555554p-3f,  0x1.5554b0p-5f,
                                    0x1.11118ap-7f, 0x1.6d7296p-10f, 0x1.a032cap-13f};
  // (log(1 + f) - f + f^2 / 2) / f^3, sqrt(1/2) <= 1 + f <= sqrt(2), relative to log; error 2^-30.3
  static constexpr float log[] = {0x1.555548p-2f,  -0x1.000006p-2f, 0x1.99a4b6p-3f,
                                  -0x1.555c4ep-3f, 0x1.233768p-3f,  -0x1.fc2206p-4f,
                                  0x1.e6f062p-4f,  -0x1.de3c1cp-4f, 0x1.1457c0p-4f};
  // (tanh(x) - x) / x^3 in x^2, |x| <= 0.55, relative to tanh; error 2^-29.8
  static constexpr float tanh[] = {-0x1.55554ap-2f, 0x1.110d18p-3f, -0x1.b92616p-5f, 0x1.5927f6p-6f,
                                   -0x1.9ab1bcp-8f};
  // (sin(r) - r) / r^3 in r^2, |r| <= pi / 4, relative to sin; error 2^-37.5
  static constexpr double sin[] = {-0x1.5555554c68a69p-3, 0x1.11110863b46ecp-7,
                                   -0x1.a00f79c425057p-13, 0x1.6cd0a83afaf08p-19};
  // (cos(r) - 1 + r^2 / 2) / r^4 in r^2, |r| <= pi / 4; error 2^-33.3
  static constexpr double cos[] = {0x1.55554aabdeaa6p-5, -0x1.6c0c8684ab83bp-10,
                                   0x1.9a00cd3f3f1e2p-16};
  // ln(2) in two parts; the products of the upper part with exponents are exact.
  static constexpr float ln2_upper = 0x1.62e400p-1f;
  static constexpr float ln2_lower = 0x1.7f7d1cp-20f;
  static constexpr float log2_e = 0x1.715476p+0f;
  // pi / 2 in parts; products with integers below 2^15 (float: 2^22) are exact.
  static constexpr double half_pi[] = {0x1.921fb54800000p+0, -0x1.de973dcb3b39ap-31};
};

}  // namespace xtape::elementary::detail
