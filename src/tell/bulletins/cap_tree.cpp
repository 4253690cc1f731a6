#include "tell/bulletins/cap_tree.h"

#include "platform/tables/xml_events.h"

namespace machiya::bulletins {
namespace {

constexpr std::size_t kMaxBytes = 4 << 20;
constexpr std::size_t kMaxElements = 100'000;

class Builder final : public tables::XmlEvents {
 public:
  void space(std::string_view name) override { space_ = name; }
  void open(std::string_view name, const Attributes&) override {
    if (++elements_ > kMaxElements) return;
    CapNode node;
    node.space = space_, node.name = name;
    open_.push_back(std::move(node));
  }
  void close(std::string_view) override {
    CapNode done = std::move(open_.back());
    open_.pop_back();
    if (open_.empty()) root = std::move(done);
    else open_.back().children.push_back(std::move(done));
  }
  void text(std::string_view text) override {
    if (!open_.empty()) open_.back().text += text;
  }
  bool finished() const override { return too_many(); }
  bool too_many() const { return elements_ > kMaxElements; }

  CapNode root;

 private:
  std::string space_;
  std::vector<CapNode> open_;
  std::size_t elements_ = 0;
};

}  // namespace

Result<CapNode> cap_tree(std::string_view bytes) {
  if (bytes.size() > kMaxBytes) return Error(ErrorCode::too_large, "more than 4 MB");
  Builder builder;
  tables::XmlParser parser(builder);
  auto fed = parser.feed(bytes, true);
  if (builder.too_many()) return Error(ErrorCode::too_large, "more than 100,000 elements");
  if (!fed.ok()) return Error(ErrorCode::invalid_input, "not well-formed, too deep, or with a document type");
  return std::move(builder.root);
}

}  // namespace machiya::bulletins
