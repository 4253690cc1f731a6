#include "platform/audit/formats.h"

#include <gtest/gtest.h>

namespace machiya::audit {
namespace {

Audit::Record record(std::string object) {
  return {7, 5, Instant{1'775'000'000 * kSecond}, {"staff:ab12", "case.read", std::move(object), "decide", "r-1", json::Value::object({{"n", 1}})}};
}

TEST(formats, one_row_in_each_of_them) {
  EXPECT_EQ(to_line(record("case:9"), Format::cef),
            "CEF:0|Machiya|Machiya|1|case.read|case.read|2|rt=1775000000000 externalId=5 suser=staff:ab12 cs1Label=object cs1=case:9 cs2Label=purpose cs2=decide"
            " cs3Label=request cs3=r-1 msg={\"n\":1}");
  EXPECT_EQ(to_line(record("case:9"), Format::syslog),
            "<110>1 2026-03-31T23:33:20.000000Z - machiya - audit [audit@32473 sequence=\"5\" actor=\"staff:ab12\" action=\"case.read\" object=\"case:9\""
            " purpose=\"decide\" request=\"r-1\" facts=\"{\\\"n\\\":1}\"]");
  EXPECT_EQ(to_line(record("case:9"), Format::json),
            "{\"sequence\":5,\"at\":\"2026-03-31T23:33:20.000000Z\",\"actor\":\"staff:ab12\",\"action\":\"case.read\",\"object\":\"case:9\",\"purpose\":\"decide\","
            "\"request\":\"r-1\",\"facts\":{\"n\":1}}");
}

/// Log injection (CWE-117): what stands in a row cannot begin a line, a field or an element of its own.
TEST(formats, a_row_cannot_forge_another_one) {
  const std::string hostile = "x\r\nCEF:0|Machiya|a|1|b|b|9|suser=admin] \"[y z=\"1\"]\t|\\";
  for (const Format format : {Format::cef, Format::syslog, Format::json}) {
    const std::string line = to_line(record(hostile), format);
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
  }
  const std::string cef = to_line(record(hostile), Format::cef), syslog = to_line(record(hostile), Format::syslog);
  EXPECT_NE(cef.find("suser\\=admin"), std::string::npos) << cef;
  EXPECT_NE(syslog.find("admin\\] \\\"[y z=\\\"1\\\"\\]"), std::string::npos) << syslog;
}

TEST(formats, unknown_names_are_refused) {
  EXPECT_EQ(format_named("syslog"), Format::syslog);
  EXPECT_FALSE(format_named("xml"));
}

}  // namespace
}  // namespace machiya::audit
