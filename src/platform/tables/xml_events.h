// XML as events in the order of the file (expat). No document type, so no entities of one's own; names without their namespace.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::tables {

class XmlEvents {
 public:
  /// Attributes by local name, in order.
  using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;
  virtual ~XmlEvents() = default;
  /// The name of the namespace of the element that opens next; "" for none. For formats whose versions differ only there.
  virtual void space(std::string_view) {}
  virtual void open(std::string_view name, const Attributes& attributes) = 0;
  virtual void close(std::string_view name) = 0;
  virtual void text(std::string_view text) = 0;
  /// Asked after each event: nothing more is wanted (an error of the handler's own, or enough rows).
  virtual bool finished() const { return false; }
};
std::string_view attribute(const XmlEvents::Attributes& attributes, std::string_view name);

class XmlParser {
 public:
  explicit XmlParser(XmlEvents& events);
  ~XmlParser();
  XmlParser(const XmlParser&) = delete;
  XmlParser& operator=(const XmlParser&) = delete;
  /// False: the handler has finished. invalid_input "xml" when it is not well-formed.
  Result<bool> feed(std::string_view bytes, bool last);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::tables
