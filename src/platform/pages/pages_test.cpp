#include "base/temporary_folder.h"
#include "platform/pages/pages.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "platform/locale/locale.h"
#include "platform/pages/assets.h"
#include "platform/pages/error_page.h"

namespace machiya::pages {
namespace fs = std::filesystem;

/// A folder of templates and texts that a test writes and that goes with it.
class PagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_ / "templates");
    fs::create_directories(root_ / "locale");
  }

  void file(const std::string& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << text;
  }
  void html(const std::string& name, const std::string& text) { file("templates/" + name + ".html", text); }
  Result<std::unique_ptr<Templates>> load() {
    auto catalogue = locale::Catalogue::load((root_ / "locale").string());
    if (!catalogue) return catalogue.error();
    catalogue_ = std::move(catalogue).value();
    return Templates::load((root_ / "templates").string(), *catalogue_);
  }
  std::string show(const std::string& source, const Data& data, std::string_view lang = "ja") {
    html("page", source);
    auto templates = load();
    if (!templates) return "ERROR " + templates.error().detail;
    return templates.value()->render("page", data, lang).html;
  }
  std::string fault(const std::string& source) {
    html("page", source);
    auto templates = load();
    if (templates) return "";
    const std::string& detail = templates.error().detail;
    return detail.substr(detail.find("page.html"));
  }

  TemporaryFolder place_{"pages"};
  const fs::path root_ = place_.path();
  std::unique_ptr<locale::Catalogue> catalogue_;
};

TEST_F(PagesTest, ValuesAreEscapedUnlessTheyAreMarkup) {
  Data d;
  d.set("name", "<b>\"O'Neil\" & 町家</b>").set("safe", SafeHtml{"<b>x</b>"});
  EXPECT_EQ(show("<p>{{name}}|{{safe}}|{{nothing}}</p>", d),
            "<p>&lt;b&gt;&quot;O&#39;Neil&quot; &amp; 町家&lt;/b&gt;|<b>x</b>|</p>");
}

TEST_F(PagesTest, MarkupCannotEndAnAttribute) {
  Data d;
  d.set("a", SafeHtml{"\"><script>&amp;"});
  EXPECT_EQ(show("<p title=\"{{a}}\"></p>", d), "<p title=\"&quot;&gt;&lt;script&gt;&amp;\"></p>");
}

TEST_F(PagesTest, AddressesWithForeignSchemesAreBlocked) {
  Data d;
  d.set("u", "java\nscript:alert(1)").set("v", "/cases/7?a=b:c").set("w", "https://example.org/");
  EXPECT_EQ(show("<a href=\"{{u}}\"></a><a href='{{v}}'></a><a href=\"{{w}}\"></a><a title=\"{{u}}\"></a>", d),
            "<a href=\"#\"></a><a href='/cases/7?a=b:c'></a><a href=\"https://example.org/\"></a><a title=\"java\nscript:alert(1)\"></a>");
}

TEST_F(PagesTest, SectionsWalkListsMapsAndFlags) {
  Data d;
  d.set("title", "outer").set("flag", true).set("off", false);
  Data row1, row2;
  row1.set("title", "one").set("inner", Data().set("deep", "x"));
  row2.set("inner", Data());
  d.set("rows", Data().push(row1).push(row2)).set("words", Data().push("a").push("b"));
  EXPECT_EQ(show("{{#rows}}[{{title}}/{{.title}}/{{inner.deep}}]{{/rows}}", d), "[one/one/x][outer//]");
  EXPECT_EQ(show("{{#words}}{{.}},{{/words}}{{#flag}}F{{/flag}}{{#off}}O{{/off}}{{^off}}N{{/off}}{{^none}}E{{/none}}", d), "a,b,FNE");
  EXPECT_EQ(show("{{#title}}<h1>{{.}}</h1>{{/title}}{{^title}}-{{/title}}", d), "<h1>outer</h1>");
}

TEST_F(PagesTest, TagsAloneOnTheirLineLeaveNoLine) {
  Data d;
  d.set("rows", Data().push("1").push("2"));
  EXPECT_EQ(show("<ul>\n  {{#rows}}\n  <li>{{.}}</li>\n  {{/rows}}\n</ul>\n{{! gone }}\n{{!-- with {{tags}} --}}\nend", d),
            "<ul>\n  <li>1</li>\n  <li>2</li>\n</ul>\nend");
}

TEST_F(PagesTest, PartialsFixedAndByName) {
  html("fields/text", "<input name=\"{{name}}\"{{>required_attrs}}>");
  html("required_attrs", "{{#required}} required{{/required}}");
  Data d;
  d.set("fields", Data().push(Data().set("kind", "text").set("name", "a").set("required", true)).push(Data().set("kind", "text").set("name", "b")));
  EXPECT_EQ(show("{{#fields}}{{>fields/*kind}}{{/fields}}{{>fields/text}}", d), "<input name=\"a\" required><input name=\"b\"><input name=\"\">");
  d.set("fields", Data().push(Data().set("kind", "nonsense")));
  EXPECT_EQ(show("{{#fields}}{{>fields/*kind}}{{/fields}}", d), "⟦fields/nonsense⟧");
}

TEST_F(PagesTest, TextsComeInThePagesLanguageWithArguments) {
  file("locale/x.ja.json", R"({"greet":"{name}さん、<こんにちは>","state.open":"受付中"})");
  file("locale/x.ja-easy.json", R"({"greet":"{漢字|かんじ} {name}"})");
  file("locale/x.en.json", R"({"greet":"Hello {name}"})");
  Data d;
  d.set("name", "<A>").set("state", "open");
  EXPECT_EQ(show("<p>{{t:greet}}</p>", d, "ja"), "<p>&lt;A&gt;さん、&lt;こんにちは&gt;</p>");
  EXPECT_EQ(show("<p>{{t:greet}}</p>", d, "vi"), "<p>Hello &lt;A&gt;</p>");
  EXPECT_EQ(show("<p title=\"{{t:greet}}\">{{t:greet}}</p>", d, "ja-easy"),
            "<p title=\"漢字 &lt;A&gt;\"><ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby> &lt;A&gt;</p>");
  EXPECT_EQ(show("{{t:state.*state}}", d, "ja"), "受付中");
  EXPECT_EQ(show("{{@lang}} {{@html_lang}} {{#@languages}}{{#current}}{{name}}{{/current}}{{/@languages}}", d, "ja-easy"), "ja-easy ja やさしい日本語");
}

TEST_F(PagesTest, ReadingsOfDefinitionsBecomeRubyInEasyJapaneseOnly) {
  Data d;
  d.set("x", "{大阪市|おおさかし}の{a|b} {<|>} {漢字").set("y", "plain");
  const std::string source = "<title>{{x}}</title><p>{{x}}</p><input value=\"{{x}}\" title=\"{{x}}\"><textarea>{{x}}</textarea><p>{{y}}</p>";
  const std::string rest = "の{a|b} {&lt;|&gt;} {漢字", raw = "{大阪市|おおさかし}" + rest;
  EXPECT_EQ(show(source, d, "ja-easy"), "<title>大阪市" + rest + "</title><p><ruby>大阪市<rp>(</rp><rt>おおさかし</rt><rp>)</rp></ruby>" + rest +
                                            "</p><input value=\"" + raw + "\" title=\"大阪市" + rest + "\"><textarea>" + raw + "</textarea><p>plain</p>");
  EXPECT_EQ(show("<p>{{x}}</p>", d, "ja"), "<p>" + raw + "</p>");
}

TEST_F(PagesTest, FaultsNameFileAndLine) {
  EXPECT_EQ(fault("a\nb {{t:none}}"), "page.html:2: the catalogue has no text 'none' for ja");
  EXPECT_EQ(fault("a\n{{#x}}\n{{#y}}\n{{/x}}"), "page.html:4: '{{/x}}' closes 'y' of line 3");
  EXPECT_EQ(fault("\n{{#x}}\n"), "page.html:2: section 'x' is never closed");
  EXPECT_EQ(fault("\n\n{{>gone}}"), "page.html:3: there is no template 'gone'");
  EXPECT_EQ(fault("{{{x}}}"), "page.html:1: unescaped values are not offered; give the value the type SafeHtml");
  EXPECT_EQ(fault("x\n<p style=\"color:red\">"), "page.html:2: the attribute style= is not allowed by the content policy; use a class");
  EXPECT_EQ(fault("<a\n onclick=\"x()\">"), "page.html:2: the event handler onclick= is not allowed by the content policy; use web/scripts");
  EXPECT_EQ(fault("<script>x</script>"), "page.html:1: a script must be a file (src=), the content policy allows no inline script");
  EXPECT_EQ(fault("<p class={{x}}>"), "page.html:1: a value must stand between tags or in a quoted attribute");
  EXPECT_EQ(fault("<p {{x}}>"), "page.html:1: a value must stand between tags or in a quoted attribute");
  EXPECT_EQ(fault("{{x"), "page.html:1: '{{' without '}}'");
  EXPECT_EQ(fault("{{>page}}"), "page.html:1: partial 'page' includes itself");
  EXPECT_EQ(fault("<script src=\"/a.js\" type=\"module\"></script><p>{{x}}</p>"), "");
}

TEST_F(PagesTest, AssetsCarryAHashOfTheirFolder) {
  file("styles/a.css", "p{}");
  auto first = Assets::load({{"styles", (root_ / "styles").string()}});
  ASSERT_TRUE(first.ok());
  std::string url = first.value()->url("styles/a.css").value();
  ASSERT_EQ(url.size(), std::string("/static/0123456789abcdef/styles/a.css").size());
  ASSERT_NE(first.value()->find(url.substr(8)), nullptr);
  EXPECT_EQ(first.value()->find(url.substr(8))->content_type, "text/css; charset=utf-8");
  EXPECT_EQ(first.value()->find("0000000000000000/styles/a.css"), nullptr);
  EXPECT_EQ(first.value()->find("../etc/passwd"), nullptr);
  EXPECT_FALSE(first.value()->url("styles/none.css"));
  file("styles/a.css", "p{color:red}");
  auto second = Assets::load({{"styles", (root_ / "styles").string()}});
  EXPECT_NE(second.value()->url("styles/a.css").value(), url);
  html("page", "<link href=\"{{asset:styles/a.css}}\">\n{{asset:styles/none.css}}");
  catalogue_ = std::move(locale::Catalogue::load((root_ / "locale").string())).value();
  auto templates = Templates::load((root_ / "templates").string(), *catalogue_, *first.value());
  ASSERT_FALSE(templates.ok());
  EXPECT_NE(templates.error().detail.find("page.html:2: there is no static file 'styles/none.css'"), std::string::npos);
}

/// Prints, never judges: time limits have no place in a test that runs on busy machines.
TEST_F(PagesTest, DISABLED_SpeedOfAPageOf30Kilobytes) {
  html("row", "<tr><td><a href=\"/cases/{{id}}\">{{id}}</a></td><td>{{name}}</td><td>{{state.label}}</td><td class=\"{{state.kind}}\">{{when}}</td><td>{{t:x.note}}</td></tr>\n");
  html("page", "{{#head}}<h1>{{title}}</h1>{{/head}}<table>{{#rows}}{{>row}}{{/rows}}</table>");
  file("locale/x.ja.json", R"({"x.note":"担当は{dep}です。ご不明な点は窓口へお問い合わせください。"})");
  auto templates = load();
  ASSERT_TRUE(templates.ok());
  std::size_t bytes = 0;
  constexpr int kRounds = 5000;
  std::clock_t start = std::clock();
  for (int i = 0; i < kRounds; ++i) {
    Data rows;
    for (int r = 0; r < 110; ++r)
      rows.push(Data().set("id", "R8-K7QM-" + std::to_string(r)).set("name", "山田 花子 & <太郎>").set("when", "令和8年4月1日").set("dep", "環境局")
                    .set("state", Data().set("label", "審査中").set("kind", "running")));
    Data page;
    page.set("title", "一覧").set("rows", std::move(rows));
    bytes = templates.value()->render("page", page, "ja").html.size();
  }
  double us = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kRounds;
  std::printf("page of %zu bytes: %.1f us of processor time with building its data\n", bytes, us);
}

TEST(RealPages, EveryTemplateLoadsInEveryLanguage) {
  auto catalogue = locale::Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale");
  ASSERT_TRUE(catalogue.ok()) << catalogue.error().detail;
  auto templates = Templates::load(MACHIYA_SOURCE_DIR "/web/templates", *catalogue.value());
  ASSERT_TRUE(templates.ok()) << templates.error().detail;
  for (const char* type : {"text", "long-text", "name", "organisation", "address", "date", "choice", "choices", "yes-no", "money", "number",
                           "digits", "email", "phone", "photo", "file", "place", "bank-account", "declaration", "info", "select"})
    EXPECT_TRUE(templates.value()->has(std::string("fields/") + type)) << type;
  for (int status : {400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503, 507})
    for (std::string_view lang : locale::kLanguages) {
      std::string page = error_page(*templates.value(), *catalogue.value(), status, lang, {}, "r1").html;
      EXPECT_EQ(page.find("⟦"), std::string::npos) << status << " " << lang;
      EXPECT_EQ(page.find("<code>r1</code>") != std::string::npos, status >= 500) << status;
    }
  Data d;
  d.set("title", "t").set("breadcrumbs", Data().set("items", Data().push(Data().set("href", "/").set("label", "トップ"))));
  std::string page = templates.value()->render("error", d.set("status", "404").set("kind", "404"), "vi").html;
  EXPECT_NE(page.find("<html lang=\"vi\""), std::string::npos);
  EXPECT_NE(page.find("Địa chỉ có thể sai"), std::string::npos);
  EXPECT_NE(page.find("<a href=\"/\">トップ</a>"), std::string::npos);
}

}  // namespace machiya::pages
