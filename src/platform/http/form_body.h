// A form body on its way into a Request: multipart files go to spool files while they arrive, text fields to
// form_pairs; x-www-form-urlencoded is parsed at the end.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "platform/http/http.h"
#include "platform/http/multipart.h"

namespace machiya::http {

/// Receives one multipart body. Writes to the disk: worker threads only. Spool files are created with mode 0600 under
/// names of their own and are removed with this object.
class FormBody final : public PartSink {
 public:
  FormBody(std::string boundary, MultipartLimits limits, std::string spool_dir);
  ~FormBody() override;
  Result<void> feed(std::string_view bytes) { return parser_.feed(bytes); }
  /// Moves fields and files into the request. The files live as long as this object.
  Result<void> finish(Request& request);

  Result<void> begin(const PartHead& head) override;
  Result<void> data(std::string_view bytes) override;
  Result<void> end() override;

 private:
  void close_file();
  std::string spool_dir_;
  MultipartParser parser_;
  Pairs pairs_;
  std::vector<UploadedFile> files_;
  std::vector<std::string> paths_;
  int fd_ = -1;
};

/// Fills form_pairs from an urlencoded body; other bodies stay in request.body. malformed_request for text that is
/// not clean UTF-8, limit_exceeded beyond 10,000 fields.
Result<void> finish_plain_body(Request& request, std::string body);

}  // namespace machiya::http
