// Mails taken apart as far as reports need it: fields, parts, transfer encodings (RFC 5322, 2045, 2046). Never fails; what is broken reads as less. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace machiya::tell {

struct MimeEntity {
  std::vector<std::pair<std::string, std::string>> fields;   ///< name in lower case, value unfolded and trimmed
  std::string_view body;
  /// The first field of that name; "" for none.
  std::string_view field(std::string_view name) const;
  /// "multipart/report", in lower case; "text/plain" when it says nothing.
  std::string type() const;
  /// A parameter of Content-Type; "" for none.
  std::string parameter(std::string_view name) const;
  /// The body without base64 or quoted-printable.
  std::string decoded() const;
  /// Of a multipart; at most `most`.
  std::vector<MimeEntity> parts(std::size_t most) const;
};

/// `raw` must outlive the result. Lines may end in LF alone.
MimeEntity read_entity(std::string_view raw);
/// Blocks of fields parted by empty lines: the form of message/delivery-status and message/feedback-report.
std::vector<MimeEntity> read_blocks(std::string_view text);

}  // namespace machiya::tell
