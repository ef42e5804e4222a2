#pragma once
// XTAPE_SANITIZED: built with a sanitizer that has a malloc of its own.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define XTAPE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define XTAPE_SANITIZED 1
#endif
#endif
