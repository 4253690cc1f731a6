// DMN XML to boxed expressions.
#include "base/text.h"
#include "feel/dmn_model.h"

namespace machiya::feel {
namespace {

std::string place_of(const xml::Element& e) { return "line " + std::to_string(e.line); }

PlacedText text_of(const xml::Element* e) {
  if (!e) return {};
  const xml::Element* t = e->child("text");
  return {t ? t->text : e->text, place_of(*e)};
}

const xml::Element* first_logic(const xml::Element& parent) {
  for (const auto& c : parent.children)
    for (std::string_view kind : {"literalExpression", "decisionTable", "context", "list", "relation", "invocation", "functionDefinition",
                                  "conditional", "filter", "for", "some", "every"})
      if (c.name == kind) return &c;
  return nullptr;
}

std::shared_ptr<const Table> read_table(const xml::Element& e, TypeReader& types) {
  auto t = std::make_shared<Table>();
  read_hit_policy(e.attribute("hitPolicy"), t->hit, t->aggregation);
  const std::string& a = e.attribute("aggregation");
  if (t->hit == HitPolicy::collect)
    t->aggregation = a == "SUM" ? Aggregation::sum : a == "MIN" ? Aggregation::minimum : a == "MAX" ? Aggregation::maximum
                     : a == "COUNT" ? Aggregation::count : Aggregation::none;
  for (const auto& c : e.children) {
    if (c.name == "input") {
      TableInput in;
      const xml::Element* x = c.child("inputExpression");
      in.expression = text_of(x);
      if (x) in.type = types.named(x->attribute("typeRef")).type;
      in.values = text_of(c.child("inputValues"));
      t->inputs.push_back(std::move(in));
    } else if (c.name == "output") {
      TableOutput out;
      out.name = c.attribute("name");
      out.type = types.named(c.attribute("typeRef")).type;
      out.values = text_of(c.child("outputValues"));
      out.otherwise = text_of(c.child("defaultOutputEntry"));
      t->outputs.push_back(std::move(out));
    } else if (c.name == "rule") {
      TableRule r;
      r.place = place_of(c);
      for (const auto& entry : c.children) {
        if (entry.name == "inputEntry") r.when.push_back(text_of(&entry));
        if (entry.name == "outputEntry") r.then.push_back(text_of(&entry));
      }
      t->rules.push_back(std::move(r));
    }
  }
  // A collection type on a single output of a table that gives one value stays as declared.
  return t;
}

void read_context(const xml::Element& e, TypeReader& types, Boxed& b) {
  b.kind = Boxed::Kind::context;
  for (const auto& c : e.children) {
    if (c.name != "contextEntry") continue;
    BoxedEntry entry;
    if (const xml::Element* v = c.child("variable")) {
      entry.name = v->attribute("name");
      entry.type = types.named(v->attribute("typeRef")).type;
    }
    entry.value = read_logic(c, types);
    if (entry.value && entry.value->kind == Boxed::Kind::function && !entry.name.empty()) {
      auto named = std::make_shared<Boxed>(*entry.value);
      named->variable = entry.name;
      entry.value = std::move(named);
    }
    b.entries.push_back(std::move(entry));
  }
}

void read_relation(const xml::Element& e, TypeReader& types, Boxed& b) {
  b.kind = Boxed::Kind::relation;
  for (const auto& c : e.children) {
    if (c.name == "column") b.entries.push_back({c.attribute("name"), types.named(c.attribute("typeRef")).type, nullptr});
    if (c.name != "row") continue;
    std::vector<BoxedPtr> row;
    for (const auto& cell : c.children)
      if (auto x = read_boxed(cell, types)) row.push_back(std::move(x));
    b.rows.push_back(std::move(row));
  }
}

void read_invocation(const xml::Element& e, TypeReader& types, Boxed& b) {
  b.kind = Boxed::Kind::invocation;
  b.text = text_of(e.child("literalExpression"));
  for (const auto& c : e.children) {
    if (c.name != "binding") continue;
    BoxedEntry entry;
    if (const xml::Element* p = c.child("parameter")) {
      entry.name = p->attribute("name");
      entry.type = types.named(p->attribute("typeRef")).type;
    }
    entry.value = read_logic(c, types);
    b.entries.push_back(std::move(entry));
  }
}

void read_function(const xml::Element& e, TypeReader& types, Boxed& b) {
  const std::string& kind = e.attribute("kind");
  b.kind = kind.empty() || kind == "FEEL" ? Boxed::Kind::function : Boxed::Kind::external;
  for (const auto& c : e.children)
    if (c.name == "formalParameter") b.entries.push_back({c.attribute("name"), types.named(c.attribute("typeRef")).type, nullptr});
  b.body = read_logic(e, types);
}

BoxedPtr part(const xml::Element& e, std::string_view name, TypeReader& types) {
  const xml::Element* c = e.child(name);
  BoxedPtr p = c ? read_logic(*c, types) : nullptr;
  if (p) return p;
  auto none = std::make_shared<Boxed>();
  none->text = {"null", place_of(e)};
  return none;
}

}  // namespace

BoxedPtr read_logic(const xml::Element& parent, TypeReader& types) {
  const xml::Element* e = first_logic(parent);
  return e ? read_boxed(*e, types) : nullptr;
}

BoxedPtr read_boxed(const xml::Element& e, TypeReader& types) {
  auto b = std::make_shared<Boxed>();
  b->text.place = place_of(e);
  if (e.name != "functionDefinition") b->type = types.named(e.attribute("typeRef")).type;
  if (e.name == "literalExpression") {
    b->text = text_of(&e);
    const std::string& language = e.attribute("expressionLanguage");
    if (trim(b->text.text).empty() || (!language.empty() && language.find("FEEL") == std::string::npos && language.find("feel") == std::string::npos))
      b->kind = Boxed::Kind::external;
  } else if (e.name == "decisionTable") {
    b->kind = Boxed::Kind::table;
    b->table = read_table(e, types);
  } else if (e.name == "context") {
    read_context(e, types, *b);
  } else if (e.name == "list") {
    b->kind = Boxed::Kind::list;
    for (const auto& c : e.children)
      if (auto x = read_boxed(c, types)) b->parts.push_back(std::move(x));
  } else if (e.name == "relation") {
    read_relation(e, types, *b);
  } else if (e.name == "invocation") {
    read_invocation(e, types, *b);
  } else if (e.name == "functionDefinition") {
    read_function(e, types, *b);
  } else if (e.name == "conditional") {
    b->kind = Boxed::Kind::conditional;
    for (std::string_view n : {"if", "then", "else"}) b->parts.push_back(part(e, n, types));
  } else if (e.name == "filter") {
    b->kind = Boxed::Kind::filter;
    for (std::string_view n : {"in", "match"}) b->parts.push_back(part(e, n, types));
  } else if (e.name == "for" || e.name == "some" || e.name == "every") {
    b->kind = e.name == "for" ? Boxed::Kind::iterate : e.name == "some" ? Boxed::Kind::some : Boxed::Kind::every;
    b->variable = e.attribute("iteratorVariable");
    b->parts.push_back(part(e, "in", types));
    b->parts.push_back(part(e, e.name == "for" ? "return" : "satisfies", types));
  } else {
    return nullptr;
  }
  return b;
}

}  // namespace machiya::feel
