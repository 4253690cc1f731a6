// multipart/form-data (RFC 7578) as a stream: bytes in, fields and file pieces out. Knows no disk and no socket.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::http {

struct MultipartLimits {
  std::size_t boundary = 70;                 ///< RFC 2046 §5.1.1
  std::size_t part_head = 8 * 1024;
  int parts = 1'000;
  std::uint64_t text_field = 1024 * 1024;    ///< bytes of one text field
  std::uint64_t file = 0;                    ///< bytes of one file; 0: files are refused
};

/// What one part says about itself.
struct PartHead {
  std::string name;
  std::string filename;
  std::string content_type;
  bool is_file = false;  ///< a filename was given, be it empty
};

/// Receives the parts in order: begin, any number of data, end.
class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual Result<void> begin(const PartHead& head) = 0;
  virtual Result<void> data(std::string_view bytes) = 0;
  virtual Result<void> end() = 0;
};

/// The boundary of a Content-Type of multipart/form-data; malformed_request when there is none.
Result<std::string> multipart_boundary(std::string_view content_type);
/// True for "multipart/form-data" with any parameters.
bool is_multipart(std::string_view content_type);

/// Holds at most one part head or one boundary's length of bytes. Pieces may be cut anywhere.
class MultipartParser {
 public:
  MultipartParser(std::string boundary, MultipartLimits limits, PartSink& sink);
  /// Errors: malformed_request, too_large, limit_exceeded, unsupported_type (a file where none is allowed), and the sink's.
  Result<void> feed(std::string_view bytes);
  /// The stream ended: an error when the closing boundary has not come.
  Result<void> finish() const;

 private:
  enum class State { preamble, boundary_tail, head, data, done };
  Result<bool> step();
  Result<bool> step_head();
  Result<bool> step_data();
  Result<bool> step_boundary_tail();
  Result<void> deliver(std::size_t size);

  std::string delimiter_;  ///< "\r\n--boundary"
  MultipartLimits limits_;
  PartSink& sink_;
  State state_ = State::preamble;
  std::string buffer_;
  bool in_part_ = false;
  bool is_file_ = false;
  int parts_ = 0;
  std::uint64_t part_size_ = 0;
};

}  // namespace machiya::http
