#include "sense/v2/view.h"

#include <algorithm>

#include "base/time.h"
#include "sense/entities/seen_id.h"
#include "sense/v2/attribute.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Arena;
using tree::Value;

bool has(const std::vector<std::string>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

std::string date_member(std::string_view text) { return "{\"type\":\"DateTime\",\"value\":" + quoted(text) + "}"; }

/// Writes one entity.
class Writer {
 public:
  Writer(const Entity& entity, const View& view, const NameMap& names, std::string& out) : entity_(entity), view_(view), names_(names), out_(out) {}

  void write() {
    const bool list = view_.format == Format::values || view_.format == Format::unique;
    out_ += list ? '[' : '{';
    if (view_.head && !list) {
      std::string buffer;
      out_ += "\"id\":" + quoted(seen_id(entity_.id, buffer)) + ",\"type\":" + quoted(type_of(entity_, names_));
      before_ = ",";
    }
    if (view_.attrs.empty()) {
      others({});
    } else {
      for (const std::string& name : view_.attrs) named(name);
    }
    out_ += list ? ']' : '}';
  }

 private:
  const Entity& entity_;
  const View& view_;
  const NameMap& names_;
  std::string& out_;
  const char* before_ = "";
  Arena arena_{512};
  std::vector<std::string> seen_;   // values that stand there already (unique)

  void others(const std::vector<std::string>& named_ones) {
    for (const Attribute& a : entity_.attributes) {
      if (seen_instance(a) == nullptr) continue;
      const std::string name = names_.name(a.name);
      if (!has(named_ones, name) && !has(view_.except, name)) attribute(name, a);
    }
  }

  void named(const std::string& name) {
    if (name == "*") return others(view_.attrs);
    if (name == kDateCreated) return built_in(name, entity_.created_us == kNoTime ? std::string() : date_text(entity_.created_us));
    if (name == kDateModified) return built_in(name, entity_.modified_us == kNoTime ? std::string() : date_text(entity_.modified_us));
    if (name == kDateExpires) return built_in(name, std::string(entity_.expires_at.text));
    if (const Attribute* a = seen_attribute(entity_, names_.iri(name))) return attribute(name, *a);
    if (!view_.covered) return;
    member(name, "null", R"({"type":"None","value":null,"metadata":{}})");
  }

  void built_in(const std::string& name, const std::string& text) {
    if (!text.empty()) member(name, quoted(text), R"({"type":"DateTime","value":)" + quoted(text) + R"(,"metadata":{}})");
  }

  void attribute(const std::string& name, const Attribute& a) {
    if (view_.format == Format::normalized) {
      out_ += before_ + quoted(name) + ":", before_ = ",";
      return write_attribute(a, view_, names_, out_);
    }
    member(name, tree::to_text(value_of(*seen_instance(a), names_, arena_)), {});
  }

  void member(const std::string& name, std::string value, const std::string& normalized) {
    if (view_.format == Format::unique) {
      if (has(seen_, value)) return;
      seen_.push_back(value);
    }
    out_ += before_, before_ = ",";
    if (view_.format == Format::normalized || view_.format == Format::key_values) out_ += quoted(name) + ":";
    out_ += view_.format == Format::normalized ? normalized : value;
  }
};

/// Writes the metadata of one attribute.
class MetadataWriter {
 public:
  MetadataWriter(const Attribute& attribute, const View& view, const NameMap& names, std::string& out)
      : attribute_(attribute), instance_(*seen_instance(attribute)), view_(view), names_(names), out_(out) {}

  void write() {
    out_ += '{';
    if (view_.metadata.empty()) {
      others({});
    } else {
      for (const std::string& name : view_.metadata) named(name);
    }
    out_ += '}';
  }

 private:
  const Attribute& attribute_;
  const Instance& instance_;
  const View& view_;
  const NameMap& names_;
  std::string& out_;
  const char* before_ = "";

  void member(std::string_view name, const std::string& body) {
    if (body.empty()) return;
    out_ += before_ + quoted(name) + ":" + body, before_ = ",";
  }

  std::string unit() const { return instance_.unit_code.empty() ? std::string() : R"({"type":"Text","value":)" + quoted(instance_.unit_code) + "}"; }
  std::string observed() const { return !instance_.observed_at.present() || observed_elsewhere(instance_) ? std::string() : date_member(instance_.observed_at.text); }

  std::string element(const Attribute& sub) const {
    Arena arena(256);
    const Instance& i = sub.instances[0];
    return "{\"type\":" + quoted(type_of(i, names_)) + ",\"value\":" + tree::to_text(value_of(i, names_, arena)) + "}";
  }

  void others(const std::vector<std::string>& named_ones) {
    if (!has(named_ones, kUnitCode)) member(kUnitCode, unit());
    if (!has(named_ones, kObservedAt)) member(kObservedAt, observed());
    for (const Attribute& sub : instance_.sub) {
      const std::string name = names_.name(sub.name);
      if (is_shown(sub) && !has(named_ones, name)) member(name, element(sub));
    }
  }

  void named(const std::string& name) {
    if (name == "*") return others(view_.metadata);
    if (name == kDateCreated) return member(name, instance_.created_us == kNoTime ? std::string() : date_member(date_text(instance_.created_us)));
    if (name == kDateModified) return member(name, instance_.modified_us == kNoTime ? std::string() : date_member(date_text(instance_.modified_us)));
    if (name == "previousValue" || name == "actionType") return member(name, view_.more ? view_.more(attribute_, name) : std::string());
    if (name == kUnitCode && !instance_.unit_code.empty()) return member(name, unit());
    if (name == kObservedAt && !observed().empty()) return member(name, observed());
    if (const Attribute* sub = find_attribute(instance_.sub, names_.iri(name)); sub != nullptr && is_shown(*sub)) member(name, element(*sub));
  }
};

}  // namespace

std::string quoted(std::string_view text) {
  std::string out;
  tree::write_string(text, out);
  return out;
}

std::string date_text(std::int64_t us) {
  std::string out = to_iso_utc(Instant{us});   // …:00.123456Z
  return out.substr(0, out.size() - 4) + "Z";
}

bool is_builtin_attribute(std::string_view name) { return name == kDateCreated || name == kDateModified || name == kDateExpires; }

const Instance* seen_instance(const Attribute& attribute) { return attribute.instance(""); }

const Attribute* seen_attribute(const Entity& entity, const std::string& iri) {
  const Attribute* out = entity.attribute(iri);
  return out != nullptr && seen_instance(*out) != nullptr ? out : nullptr;
}

std::string type_of(const Entity& entity, const NameMap& names) { return names.name(entity.types[0]); }

void write_entity(const Entity& entity, const View& view, const NameMap& names, std::string& out) { Writer(entity, view, names, out).write(); }

void write_attribute(const Attribute& attribute, const View& view, const NameMap& names, std::string& out) {
  Arena arena(512);
  const Instance& i = *seen_instance(attribute);
  out += "{\"type\":" + quoted(type_of(i, names)) + ",\"value\":";
  tree::write(value_of(i, names, arena), out);
  out += ",\"metadata\":";
  MetadataWriter(attribute, view, names, out).write();
  out += '}';
}

}  // namespace machiya::sense::ngsiv2
