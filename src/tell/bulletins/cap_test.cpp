#include "tell/bulletins/cap.h"

#include <gtest/gtest.h>

#include "tell/bulletins/read_cap.h"
#include "tell/bulletins/sample/sample.h"

namespace machiya::bulletins {
namespace {

Notice evacuation() {
  Notice n;
  n.id = "osaka-1", n.sender = "kiki@city.example", n.url = "https://city.example/m/1", n.category = "disaster";
  n.published = n.sent = *parse_rfc3339("2026-06-03T14:30:00+09:00");
  n.expires = *parse_rfc3339("2026-06-04T14:30:00+09:00");
  n.hazard = Hazard{{Category::met}, {Response::evacuate}, Urgency::immediate, Severity::severe, Certainty::likely, 4, {}, {}};
  n.wordings = {{"en", "Evacuate", "The river rises.", "Go now.", "Evacuation order", "Osaka City"},
                {"ja", "避難指示", "川が増水しています。", "すぐ避難してください。", "避難指示", "大阪市"},
                {"ja-easy", "{避難|ひなん}してください", "{川|かわ}の {水|みず}が {増|ふ}えています。", "", "", "{大阪市|おおさかし}"}};
  n.areas = {{{{"ja", "北区"}, {"en", "Kita Ward"}}, {{{34.7, 135.49}, {34.71, 135.5}, {34.69, 135.51}}}, {{std::string(kJisMunicipality), "27127"}}}};
  return n;
}

TEST(Cap, says_one_info_per_language_ja_first_with_times_that_carry_their_offset) {
  const auto xml = cap12(evacuation());
  ASSERT_TRUE(xml.ok()) << xml.error().to_string();
  EXPECT_NE(xml->find("<sent>2026-06-03T14:30:00+09:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><language>ja</language>"), std::string::npos) << *xml;
  EXPECT_LT(xml->find("<language>ja</language>"), xml->find("<language>ja-x-easy</language>"));
  EXPECT_LT(xml->find("<language>ja-x-easy</language>"), xml->find("<language>en</language>"));
  EXPECT_NE(xml->find("川（かわ）の 水（みず）が"), std::string::npos);
  EXPECT_NE(xml->find("<polygon>34.7,135.49 34.71,135.5 34.69,135.51 34.7,135.49</polygon>"), std::string::npos);
  EXPECT_NE(xml->find("<areaDesc>Kita Ward</areaDesc>"), std::string::npos);
}

TEST(Cap, an_update_names_what_it_follows_and_an_exercise_says_so) {
  Notice n = evacuation();
  n.id = "osaka-2", n.thread = "osaka-1", n.act = Act::update, n.status = Status::exercise;
  n.sent = Instant{n.sent.us + kHour};
  n.references = {{"kiki@city.example", "osaka-1", n.published}, {"kiki@city.example", "osaka-0", n.published}};
  const auto xml = cap12(n);
  ASSERT_TRUE(xml.ok());
  EXPECT_NE(xml->find("<references>kiki@city.example,osaka-1,2026-06-03T14:30:00+09:00 kiki@city.example,osaka-0,2026-06-03T14:30:00+09:00</references>"), std::string::npos);
  EXPECT_NE(xml->find("<headline>【訓練】避難指示</headline>"), std::string::npos);
  EXPECT_NE(xml->find("<headline>【訓練（くんれん）】避難（ひなん）してください</headline>"), std::string::npos);
  EXPECT_NE(xml->find("<headline>[DRILL] Evacuate</headline>"), std::string::npos);
  EXPECT_NE(xml->find("<note>DRILL</note>"), std::string::npos);
}

TEST(Cap, refuses_what_breaks_a_rule_and_says_where) {
  auto where = [](auto change) {
    Notice n = evacuation();
    change(n);
    const auto xml = cap12(n);
    return xml.ok() ? std::string("accepted") : xml.error().where;
  };
  EXPECT_EQ(where([](Notice&) {}), "accepted");
  EXPECT_EQ(where([](Notice& n) { n.id = "a,b"; }), "id");
  EXPECT_EQ(where([](Notice& n) { n.sender = "a b"; }), "sender");
  EXPECT_EQ(where([](Notice& n) { n.hazard.reset(); }), "hazard");
  EXPECT_EQ(where([](Notice& n) { n.hazard->categories.clear(); }), "hazard/categories");
  EXPECT_EQ(where([](Notice& n) { n.wordings[1].title = " "; }), "wordings/1/title");
  EXPECT_EQ(where([](Notice& n) { n.wordings[1].title = "a\nb"; }), "wordings/1/title");
  EXPECT_EQ(where([](Notice& n) { n.wordings[1].body = "{ward}に避難指示"; }), "wordings/1/body");
  EXPECT_EQ(where([](Notice& n) { n.wordings[1].body = "\xff"; }), "wordings/1/body");
  EXPECT_EQ(where([](Notice& n) { n.wordings[1].lang = "en"; }), "wordings/1/lang");
  EXPECT_EQ(where([](Notice& n) { n.act = Act::cancel; }), "references");
  EXPECT_EQ(where([](Notice& n) { n.references = {{"a", "b", n.sent}}; }), "references");
  EXPECT_EQ(where([](Notice& n) { n.expires = n.sent; }), "expires");
  EXPECT_EQ(where([](Notice& n) { n.areas[0].polygons[0].pop_back(); }), "areas/0/polygons/0");
  EXPECT_EQ(where([](Notice& n) { n.areas[0].polygons[0][0].lat = 91; }), "areas/0/polygons/0");
  EXPECT_EQ(where([](Notice& n) { n.url = "javascript:alert(1)"; }), "url");
  EXPECT_EQ(where([](Notice& n) { n.areas[0].names.clear(); }), "areas/0/names");
}

TEST(XmlWriter, escapes_and_puts_a_mark_where_xml_has_no_place_for_a_character) {
  XmlWriter xml;
  xml.open("a").attribute("b", "\"<>&'\n\t").text("<]]>&\r\x01 \xff \xEF\xBF\xBD\xEF\xBF\xBE").comment("a--b\x02").close();
  EXPECT_EQ(xml.replaced(), 4);
  EXPECT_EQ(xml.take(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"&quot;&lt;&gt;&amp;'&#10;&#9;\">&lt;]]&gt;&amp;&#13;\uFFFD \uFFFD \uFFFD\uFFFD<!-- a- -b\uFFFD --></a>\n");
}

TEST(Edxl, carries_the_alert_and_says_what_nobody_has_checked) {
  Notice n = evacuation();
  const auto xml = edxl_de(n, l_alert("kiki@city.example"));
  ASSERT_TRUE(xml.ok());
  EXPECT_NE(xml->find("要確認"), std::string::npos);
  EXPECT_NE(xml->find("<distributionType>Report</distributionType>"), std::string::npos);
  EXPECT_NE(xml->find("<embeddedXMLContent><alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"), std::string::npos);
  EXPECT_EQ(edxl_de(n, l_alert("nobody")).error().where, "envelope/sender_id");
}

TEST(ReadCap, reads_what_we_write_and_keeps_what_it_means) {
  SeededRng rng(7);
  for (int i = 0; i < 300; ++i) {
    const Notice notice = sample::notice(rng, i);
    const auto xml = cap12(notice);
    ASSERT_TRUE(xml.ok()) << xml.error().to_string();
    const auto alert = read_cap(*xml);
    ASSERT_TRUE(alert.ok()) << alert.error().to_string() << "\n" << *xml;
    const auto back = notice_of(*alert);
    ASSERT_TRUE(back.ok()) << back.error().to_string() << "\n" << *xml;
    EXPECT_EQ(back->id, notice.id);
    EXPECT_EQ(back->sent, notice.sent);
    EXPECT_EQ(back->wordings.size(), notice.wordings.size());
    EXPECT_EQ(back->hazard->severity, notice.hazard->severity);
    EXPECT_EQ(back->hazard->level, notice.hazard->level);
    EXPECT_EQ(back->areas.size(), notice.areas.size());
    EXPECT_EQ(back->references.size(), notice.references.size());
  }
}

TEST(ReadCap, gives_a_reason_and_the_place) {
  const std::string good = *cap12(evacuation());
  auto said = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
    const auto read = read_cap(text);
    return read.ok() ? std::string("read") : read.error().where + ": " + read.error().detail;
  };
  EXPECT_EQ(said("cap:1.2", "cap:1.1"), "alert: namespace urn:oasis:names:tc:emergency:cap:1.1 is not CAP 1.2");
  EXPECT_EQ(said("<scope>Public</scope>", ""), "scope: missing");
  EXPECT_EQ(said("<scope>Public</scope>", "<scope>Private</scope>"), "addresses: missing for a private scope");
  EXPECT_EQ(said("Alert</msgType>", "Cancel</msgType>"), "references: missing for Cancel");
  EXPECT_EQ(said("14:30:00+09:00</sent>", "14:30:00Z</sent>"), "sent: no date-time with seconds and an offset in digits");
  EXPECT_EQ(said("34.7,135.49 34.71", "34.7,135.48 34.71"), "info/1/area/1/polygon: does not end where it begins");
  EXPECT_EQ(said("<urgency>Immediate</urgency>", "<urgency>Now</urgency>"), "info/1/urgency: not one of the standard's words");
  EXPECT_EQ(said("<category>Met</category>", "<category>Met</category><language>ja</language>"), "info/1/language: out of order");
  EXPECT_EQ(said("<alert", "<!DOCTYPE a><alert"), ": not well-formed, too deep, or with a document type");
  EXPECT_EQ(said("</info>", "<x/></info>"), "info/1/x: no element of CAP 1.2 at this place");
  EXPECT_EQ(said("</alert>", "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/></alert>"), "read");
}

}  // namespace
}  // namespace machiya::bulletins
