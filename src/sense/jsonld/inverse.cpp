#include "sense/jsonld/inverse.h"

#include <algorithm>

namespace machiya::sense::jsonld {
namespace {

char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool shorter(std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

}  // namespace

bool is_graph_object(const Value& v) {
  if (!v.has("@graph")) return false;
  return std::ranges::all_of(v.members(), [](const Member& m) { return m.key == "@graph" || m.key == "@id" || m.key == "@index" || m.key == "@context"; });
}

Inverse::Inverse(const Context& context) : context_(context) {
  default_language_ = context.direction != Direction::absent ? tag(context.language, context.direction)
                                                             : context.language.empty() ? "@none" : lower(context.language);
  std::vector<const Term*> terms;
  terms.reserve(context.size());
  context.each([&](const Term& t) {
    if (!t.has_iri) return;
    terms.push_back(&t);
  });
  std::ranges::sort(terms, [](const Term* a, const Term* b) { return shorter(a->name, b->name); });
  entries_.reserve(terms.size());
  for (const Term* t : terms) {
    add(*t);
    if (t->prefix) prefixes_[t->iri].push_back(t), prefix_lengths_.push_back(t->iri.size());
  }
  sort_all();
  for (std::size_t k = 1; k < kKeywords; ++k) {
    const std::string_view text = keyword_text(static_cast<Keyword>(k));
    aliases_[k] = entries_.contains(text) ? compact(text, nullptr, false, arena_).text : text;
  }
}

/// Of several terms for one key the first that was filed stays: the shortest.
void Inverse::sort_all() {
  auto sort = [](std::vector<Choice>& map) {
    std::ranges::stable_sort(map, {}, &Choice::key);
    map.erase(std::unique(map.begin(), map.end(), [](const Choice& a, const Choice& b) { return a.key == b.key; }), map.end());
  };
  for (auto& [iri, entry] : entries_)
    for (Group& group : entry.groups) sort(group.language), sort(group.type);
  std::ranges::sort(prefix_lengths_);
  prefix_lengths_.erase(std::unique(prefix_lengths_.begin(), prefix_lengths_.end()), prefix_lengths_.end());
}

std::string_view Inverse::lower(std::string_view s) {
  char* out = arena_.room<char>(s.size() + 1);
  std::ranges::transform(s, out, lower_char);
  return {out, s.size()};
}

/// "en_ltr", "en", "_rtl", "@null".
std::string_view Inverse::tag(std::string_view language, Direction d) {
  const std::string_view direction = direction_text(d);
  if (language.empty() && direction.empty()) return "@null";
  if (direction.empty()) return lower(language);
  return concat(arena_, lower(language), concat(arena_, "_", direction));
}

void Inverse::add(const Term& term) {
  Entry& entry = entries_[term.iri];
  const bool fits_all = term.containers == 0 && term.type.empty() && !term.has_language && term.direction == Direction::absent && !term.reverse &&
                        default_language_ == "@none";
  entry.simple = fits_all && entry.groups.empty() ? term.name : std::string_view();
  auto group = std::ranges::find(entry.groups, term.containers, &Group::containers);
  if (group == entry.groups.end()) group = entry.groups.insert(group, Group{term.containers, term.name, {}, {}});
  file(*group, term);
}

void Inverse::file(Group& group, const Term& term) {
  auto put = [&](std::vector<Choice>& map, std::string_view key) { map.push_back({key, term.name}); };
  if (term.reverse) return put(group.type, "@reverse");
  if (term.type_keyword == Keyword::none_) return put(group.language, "@any"), put(group.type, "@any");
  if (!term.type.empty()) return put(group.type, term.type);
  const bool directed = term.direction != Direction::absent;
  if (term.has_language && directed) return put(group.language, tag(term.language, term.direction));
  if (term.has_language) return put(group.language, term.language.empty() ? std::string_view("@null") : lower(term.language));
  if (directed) return put(group.language, term.direction == Direction::null ? std::string_view("@none") : tag({}, term.direction));
  put(group.language, default_language_);
  put(group.language, "@none");
  put(group.type, "@none");
}

// ---- what a value asks of a term (§6.2 step 4)

struct Inverse::Wanted {
  std::array<Containers, 16> containers;
  std::size_t count = 0;
  bool by_type = false, any = false;        ///< look into the type map; take whatever there is
  std::string_view value = "@null";         ///< the type or language
  std::array<std::string_view, 6> preferred;
  std::size_t preferences = 0;
  void add(Containers c) { containers[count++] = c; }
  void add(Containers c, Containers d) { add(c), add(d); }
  void prefer(std::string_view s) { preferred[preferences++] = s; }
};

namespace {

/// Language and direction of a value object as the inverse context keys them.
std::string_view tag_of(const Value& value, Arena& arena) {
  std::string out;
  for (char c : value["@language"].text()) out += lower_char(c);
  if (const Value* d = value.find("@direction")) out += '_', out += d->text();
  return arena.text(out);
}

}  // namespace

void Inverse::want_list(Wanted& w, const Value& value, Arena& arena) const {
  if (!value.has("@index")) w.add(kList);
  const auto list = value["@list"].items();
  std::string_view type, language;
  if (list.empty()) language = default_language_;
  for (const Value& item : list) {
    std::string_view item_language = "@none", item_type = "@none";
    const bool is_value = item.has("@value");
    if (!is_value) item_type = "@id";
    else if (item.has("@direction") || item.has("@language")) item_language = tag_of(item, arena);
    else if (const Value* t = item.find("@type")) item_type = t->text();
    else item_language = "@null";
    if (language.empty()) language = item_language;
    else if (language != item_language && is_value) language = "@none";
    if (type.empty()) type = item_type;
    else if (type != item_type) type = "@none";
    if (language == "@none" && type == "@none") break;
  }
  w.by_type = !type.empty() && type != "@none";
  w.value = w.by_type ? type : language.empty() ? std::string_view("@none") : language;
}

void Inverse::want_graph(Wanted& w, const Value& value) const {
  const bool index = value.has("@index"), id = value.has("@id");
  if (index) w.add(kGraph | kIndex, kGraph | kIndex | kSet);
  if (id) w.add(kGraph | kId, kGraph | kId | kSet);
  w.add(kGraph, kGraph | kSet), w.add(kSet);
  if (!index) w.add(kGraph | kIndex, kGraph | kIndex | kSet);
  if (!id) w.add(kGraph | kId, kGraph | kId | kSet);
  w.add(kIndex, kIndex | kSet);
  w.by_type = true, w.value = "@id";
}

void Inverse::want_value(Wanted& w, const Value* value, Arena& arena) const {
  if (value != nullptr && is_value_object(*value)) {
    if ((value->has("@direction") || value->has("@language")) && !value->has("@index")) {
      w.value = tag_of(*value, arena);
      w.add(kLanguage, kLanguage | kSet);
    } else if (const Value* t = value->find("@type")) {
      w.by_type = true, w.value = t->text();
    }
  } else {
    w.by_type = true, w.value = "@id";
    w.add(kId, kId | kSet), w.add(kType, kType | kSet);
  }
  w.add(kSet);
}

void Inverse::want(Wanted& w, const Value* value, bool reverse, bool ten, Arena& arena) const {
  const bool index = value != nullptr && value->has("@index");
  const bool graph = value != nullptr && is_graph_object(*value);
  if (index && !graph) w.add(kIndex, kIndex | kSet);
  if (reverse) w.by_type = true, w.value = "@reverse", w.add(kSet);
  else if (value != nullptr && is_list_object(*value)) want_list(w, *value, arena);
  else if (graph) want_graph(w, *value);
  else want_value(w, value, arena);
  w.add(0);
  if (ten) return;
  if (!index) w.add(kIndex, kIndex | kSet);
  if (value != nullptr && value->count == 1 && value->has("@value")) w.add(kLanguage, kLanguage | kSet);
}

void Inverse::prefer(Wanted& w, const Value* value, Arena& arena) const {
  if (w.value == "@reverse") w.prefer("@reverse");
  const Value* id = value != nullptr ? value->find("@id") : nullptr;
  if (w.by_type && (w.value == "@id" || w.value == "@reverse") && id != nullptr) {
    const Compacted short_id = compact(id->text(), nullptr, false, arena);
    const Term* term = context_.find(short_id.text);
    const bool by_term = term != nullptr && term->has_iri && term->iri == id->text();
    w.prefer(by_term ? "@vocab" : "@id"), w.prefer(by_term ? "@id" : "@vocab"), w.prefer("@none");
  } else {
    w.prefer(w.value), w.prefer("@none");
    w.any = value != nullptr && is_list_object(*value) && (*value)["@list"].count == 0;
  }
  w.prefer("@any");
  for (std::size_t i = 0, n = w.preferences; i < n && w.preferences < w.preferred.size(); ++i)
    if (const std::size_t at = w.preferred[i].find('_'); at != std::string_view::npos && !w.by_type) w.prefer(w.preferred[i].substr(at));
}

/// Term Selection (§4.4).
std::string_view Inverse::select(const Entry& entry, const Wanted& w) const {
  for (std::size_t c = 0; c < w.count; ++c) {
    const auto group = std::ranges::find(entry.groups, w.containers[c], &Group::containers);
    if (group == entry.groups.end()) continue;
    if (w.any) return group->any;
    const std::vector<Choice>& map = w.by_type ? group->type : group->language;
    for (std::size_t p = 0; p < w.preferences; ++p)
      if (const auto at = std::ranges::lower_bound(map, w.preferred[p], {}, &Choice::key); at != map.end() && at->key == w.preferred[p]) return at->term;
  }
  return {};
}

Compacted Inverse::compact(std::string_view iri, const Value* value, bool reverse, Arena& arena, bool ten) const {
  if (const auto entry = entries_.find(iri); entry != entries_.end()) {
    if (!entry->second.simple.empty() && !reverse) return {entry->second.simple};
    Wanted w;
    want(w, value, reverse, ten, arena);
    prefer(w, value, arena);
    if (const std::string_view term = select(entry->second, w); !term.empty()) return {term};
  }
  if (context_.vocab && iri.size() > context_.vocab->size() && iri.starts_with(*context_.vocab)) {
    const std::string_view suffix = iri.substr(context_.vocab->size());
    if (context_.find(suffix) == nullptr) return {suffix};
  }
  return with_prefix(iri, value == nullptr, arena);
}

/// Steps 6 and 7: the shortest prefix:suffix that means this IRI; empty when there is none.
std::string_view Inverse::best_prefix(std::string_view iri, bool no_value, Arena& arena) const {
  std::string best, candidate;
  for (std::size_t length : prefix_lengths_) {
    if (length >= iri.size()) break;
    const auto terms = prefixes_.find(iri.substr(0, length));
    if (terms == prefixes_.end()) continue;
    for (const Term* p : terms->second) {
      const std::size_t size = p->name.size() + 1 + iri.size() - length;
      if (!best.empty() && size > best.size()) break;
      candidate.assign(p->name).append(":").append(iri.substr(length));
      if (!best.empty() && !shorter(candidate, best)) continue;
      const Term* taken = context_.find(candidate);
      if (taken == nullptr || (taken->has_iri && taken->iri == iri && no_value)) best.swap(candidate);
    }
  }
  return best.empty() ? std::string_view() : arena.text(best);
}

/// Steps 6 to 9.
Compacted Inverse::with_prefix(std::string_view iri, bool no_value, Arena& arena) const {
  if (const std::string_view best = best_prefix(iri, no_value, arena); !best.empty()) return {best};
  const std::size_t colon = iri.find(':');
  if (colon != std::string_view::npos && iri.substr(colon + 1, 2) != "//") {
    const Term* scheme = context_.find(iri.substr(0, colon));
    if (scheme != nullptr && scheme->prefix) return {iri, true};
  }
  return {iri};
}

Compacted Inverse::compact_id(std::string_view iri, bool relative, Arena& arena) const {
  const Compacted out = with_prefix(iri, true, arena);
  if (out.confused || out.text.data() != iri.data() || !relative || !context_.base) return out;
  return {arena.text(relative_iri(*context_.base, iri))};
}

}  // namespace machiya::sense::jsonld
