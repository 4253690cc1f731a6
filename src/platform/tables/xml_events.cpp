#include "platform/tables/xml_events.h"

#include <expat.h>

namespace machiya::tables {
namespace {

constexpr int kMaxDepth = 64;
constexpr char kSeparator = '\n';   // cannot be in a namespace's name

std::string_view local(const char* name) {
  const std::string_view whole(name);
  const std::size_t at = whole.rfind(kSeparator);
  return at == std::string_view::npos ? whole : whole.substr(at + 1);
}

}  // namespace

std::string_view attribute(const XmlEvents::Attributes& attributes, std::string_view name) {
  for (const auto& [key, value] : attributes)
    if (key == name) return value;
  return {};
}

struct XmlParser::Impl {
  XML_Parser parser = nullptr;
  XmlEvents* events = nullptr;
  XmlEvents::Attributes attributes;
  int depth = 0;
  bool stopped = false, refused = false;

  void stop(bool refuse) {
    stopped = true, refused = refused || refuse;
    XML_StopParser(parser, XML_FALSE);
  }
  void after() {
    if (!stopped && events->finished()) stop(false);
  }
  static Impl& of(void* user) { return *static_cast<Impl*>(user); }
  static void on_open(void* user, const char* name, const char** pairs) {
    Impl& self = of(user);
    if (self.stopped) return;
    if (++self.depth > kMaxDepth) return self.stop(true);
    self.attributes.clear();
    for (; *pairs != nullptr; pairs += 2) self.attributes.emplace_back(local(pairs[0]), pairs[1]);
    const std::string_view whole(name);
    const std::size_t end = whole.rfind(kSeparator);
    self.events->space(end == std::string_view::npos ? std::string_view() : whole.substr(0, end));
    self.events->open(local(name), self.attributes);
    self.after();
  }
  static void on_close(void* user, const char* name) {
    Impl& self = of(user);
    if (self.stopped) return;
    --self.depth;
    self.events->close(local(name));
    self.after();
  }
  static void on_text(void* user, const char* text, int size) {
    Impl& self = of(user);
    if (self.stopped) return;
    self.events->text(std::string_view(text, static_cast<std::size_t>(size)));
    self.after();
  }
  static void on_doctype(void* user, const char*, const char*, const char*, int) { of(user).stop(true); }
};

XmlParser::XmlParser(XmlEvents& events) : impl_(std::make_unique<Impl>()) {
  impl_->events = &events;
  impl_->parser = XML_ParserCreateNS(nullptr, kSeparator);
  MACHIYA_ASSERT(impl_->parser != nullptr);
  XML_SetUserData(impl_->parser, impl_.get());
  XML_SetElementHandler(impl_->parser, &Impl::on_open, &Impl::on_close);
  XML_SetCharacterDataHandler(impl_->parser, &Impl::on_text);
  XML_SetStartDoctypeDeclHandler(impl_->parser, &Impl::on_doctype);
}

XmlParser::~XmlParser() { XML_ParserFree(impl_->parser); }

Result<bool> XmlParser::feed(std::string_view bytes, bool last) {
  if (impl_->stopped) return false;
  const auto status = XML_Parse(impl_->parser, bytes.data(), static_cast<int>(bytes.size()), last ? 1 : 0);
  if (impl_->refused || (status == XML_STATUS_ERROR && !impl_->stopped)) return Error(ErrorCode::invalid_input, "xml");
  return !impl_->stopped;
}

}  // namespace machiya::tables
