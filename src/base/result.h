// Result<T>: a value or an Error. Every expected failure of this house travels this way; exceptions mean bugs.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace machiya {

enum class ErrorCode : std::uint8_t {
#define MACHIYA_ERROR(code, status, level, retryable, ja, en) code,
#include "base/errors.def"
#undef MACHIYA_ERROR
};

enum class LogLevel : std::uint8_t { debug, info, warn, error };

/// One row of errors.def.
struct ErrorInfo {
  std::string_view name;
  int http_status;
  LogLevel level;
  bool retryable;
  std::string_view ja;
  std::string_view en;
};
const ErrorInfo& error_info(ErrorCode code);

/// An expected failure: the code is for programs, `detail` for people (never holds personal data: it may be
/// logged), `where` names the place when there is one (JSON pointer, field name or file:line:column).
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::internal;
  std::string detail;
  std::string where;

  Error() = default;
  Error(ErrorCode c, std::string d = {}, std::string w = {}) : code(c), detail(std::move(d)), where(std::move(w)) {}
  const ErrorInfo& info() const { return error_info(code); }
  std::string to_string() const;
};

/// Ends the process with a message: a broken invariant, never user input.
[[noreturn]] void panic(const char* what, const char* file, int line);
#define MACHIYA_ASSERT(cond) ((cond) ? void(0) : ::machiya::panic(#cond, __FILE__, __LINE__))

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}
  Result(ErrorCode code) : v_(std::in_place_index<1>, code) {}

  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { check(); return std::get<0>(v_); }
  const T& value() const& { check(); return std::get<0>(v_); }
  T&& value() && { check(); return std::get<0>(std::move(v_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const& { return std::get<1>(v_); }
  Error&& error() && { return std::get<1>(std::move(v_)); }
  T value_or(T other) const { return ok() ? std::get<0>(v_) : std::move(other); }

 private:
  void check() const { MACHIYA_ASSERT(v_.index() == 0); }
  std::variant<T, Error> v_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}
  Result(ErrorCode code) : failed_(true), error_(code) {}
  bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  bool failed_ = false;
  Error error_;
};

#define MACHIYA_CONCAT_(a, b) a##b
#define MACHIYA_CONCAT(a, b) MACHIYA_CONCAT_(a, b)
/// MACHIYA_TRY(auto x, f()): x becomes the value, or the enclosing function returns the error.
#define MACHIYA_TRY(decl, expr)                                                \
  auto MACHIYA_CONCAT(result_, __LINE__) = (expr);                              \
  if (!MACHIYA_CONCAT(result_, __LINE__).ok())                                  \
    return std::move(MACHIYA_CONCAT(result_, __LINE__)).error();                \
  decl = std::move(MACHIYA_CONCAT(result_, __LINE__)).value()
/// The same for Result<void>.
#define MACHIYA_CHECK(expr)                                                    \
  do {                                                                         \
    if (auto result_check_ = (expr); !result_check_.ok()) return std::move(result_check_).error(); \
  } while (0)

}  // namespace machiya
