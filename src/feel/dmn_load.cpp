// Loading: documents, types, requirements, then compilation in the order of need.
#include <functional>

#include "base/text.h"
#include "feel/dmn_model.h"

namespace machiya::feel {
namespace {

struct Document {
  xml::Element root;
  std::string space;
  std::vector<std::pair<std::string, std::string>> imports;  ///< name, namespace
  std::unique_ptr<TypeReader> types;
};

class Loader {
 public:
  Result<std::shared_ptr<const ModelData>> load(std::string_view text, const std::vector<std::string>& imports) {
    MACHIYA_CHECK(add(text));
    for (const auto& i : imports) MACHIYA_CHECK(add(i));
    data_->space = documents_[0]->space;
    for (auto& d : documents_) {
      std::map<std::string, TypeReader*, std::less<>> types;
      d->types = std::make_unique<TypeReader>(d->root, types, data_->faults);
    }
    for (auto& d : documents_) {
      std::map<std::string, TypeReader*, std::less<>> types;
      for (const auto& i : d->imports)
        for (auto& other : documents_)
          if (other->space == i.second) types[i.first] = other->types.get();
      d->types->set_imports(std::move(types));
    }
    for (auto& d : documents_) read_items(*d);
    for (auto& d : documents_) read_needs(*d);
    state_.resize(data_->items.size());
    for (std::size_t i = 0; i < data_->items.size(); ++i) compile(i);
    return std::shared_ptr<const ModelData>(data_);
  }

 private:
  Result<void> add(std::string_view text) {
    auto d = std::make_unique<Document>();
    MACHIYA_TRY(d->root, xml::parse(text));
    if (d->root.name != "definitions") return Error(ErrorCode::malformed_request, "the root is not DMN definitions", "1:1");
    d->space = d->root.attribute("namespace");
    for (const auto& c : d->root.children)
      if (c.name == "import") d->imports.emplace_back(c.attribute("name"), c.attribute("namespace"));
    for (const auto& other : documents_)
      if (other->space == d->space) return {};
    documents_.push_back(std::move(d));
    return {};
  }

  static bool kind_of(std::string_view name, ModelItem::Kind& kind) {
    using K = ModelItem::Kind;
    static constexpr std::pair<std::string_view, K> kKinds[] = {
        {"inputData", K::input}, {"decision", K::decision}, {"businessKnowledgeModel", K::knowledge}, {"decisionService", K::service}};
    for (const auto& k : kKinds)
      if (k.first == name) {
        kind = k.second;
        return true;
      }
    return false;
  }

  void read_items(Document& d) {
    for (const auto& e : d.root.children) {
      ModelItem item;
      if (!kind_of(e.name, item.kind)) continue;
      item.space = d.space;
      item.id = e.attribute("id");
      item.name = e.attribute("name");
      if (const xml::Element* v = e.child("variable")) {
        item.type = d.types->named(v->attribute("typeRef"));
        if (!v->attribute("name").empty()) item.name = v->attribute("name");
      }
      if (item.kind == ModelItem::Kind::decision) item.logic = read_logic(e, *d.types);
      if (item.kind == ModelItem::Kind::knowledge) item.logic = knowledge(e, item, *d.types);
      documents_of_.push_back(&d);
      data_->items.push_back(std::move(item));
    }
  }

  static BoxedPtr knowledge(const xml::Element& e, const ModelItem& item, TypeReader& types) {
    const xml::Element* f = e.child("encapsulatedLogic");
    if (!f) return nullptr;
    xml::Element as_function = *f;
    as_function.name = "functionDefinition";
    auto b = std::make_shared<Boxed>(*read_boxed(as_function, types));
    b->variable = item.name;  // a knowledge model may invoke itself
    return b;
  }

  // "#id", "namespace#id" or a bare id.
  std::size_t target(const Document& d, std::string_view href) const {
    std::size_t hash = href.find('#');
    std::string_view space = hash == std::string_view::npos || hash == 0 ? std::string_view(d.space) : href.substr(0, hash);
    std::string_view id = hash == std::string_view::npos ? href : href.substr(hash + 1);
    for (std::size_t i = 0; i < data_->items.size(); ++i)
      if (data_->items[i].id == id && data_->items[i].space == space) return i;
    return SIZE_MAX;
  }

  std::string import_name(const Document& d, const std::string& space) const {
    for (const auto& i : d.imports)
      if (i.second == space && space != d.space) return i.first;
    return {};
  }

  void read_needs(Document& d) {
    for (const auto& e : d.root.children) {
      ModelItem::Kind kind;
      if (!kind_of(e.name, kind)) continue;
      std::size_t self = target(d, "#" + e.attribute("id"));
      if (self == SIZE_MAX) continue;
      ModelItem& item = data_->items[self];
      std::vector<std::size_t> decisions;  // parameters after the input data
      for (const auto& c : e.children) {
        if (c.name == "informationRequirement" || c.name == "knowledgeRequirement")
          for (const auto& r : c.children) need(d, item, r);
        if (kind != ModelItem::Kind::service || !c.has_attribute("href")) continue;
        std::size_t to = target(d, c.attribute("href"));
        if (to == SIZE_MAX) continue;
        if (c.name == "outputDecision") item.outputs.push_back(to);
        if (c.name == "inputData") item.parameters.push_back(to);
        if (c.name == "inputDecision") decisions.push_back(to);
      }
      item.parameters.insert(item.parameters.end(), decisions.begin(), decisions.end());
    }
  }

  void need(const Document& d, ModelItem& item, const xml::Element& r) {
    if (!r.has_attribute("href")) return;
    std::size_t to = target(d, r.attribute("href"));
    if (to == SIZE_MAX) {
      data_->faults.push_back(item.name + ": requires " + r.attribute("href") + ", which is not there");
      return;
    }
    item.needs.push_back({to, import_name(d, data_->items[to].space)});
  }

  Type visible_type(std::size_t i) const {
    const ModelItem& item = data_->items[i];
    if (item.kind == ModelItem::Kind::knowledge && item.compiled) return item.compiled->type;
    if (item.kind == ModelItem::Kind::service) return service_type(item);
    if (!item.type.type.is_any() || !item.compiled) return item.type.type;
    return item.compiled->type;
  }

  Type service_type(const ModelItem& item) const {
    if (item.type.type.kind() == TypeKind::function) return item.type.type;
    return {};
  }

  void compile(std::size_t i) {
    if (state_[i]) return;
    state_[i] = 1;
    ModelItem& item = data_->items[i];
    for (const auto& n : item.needs) compile(n.item);
    if (!item.logic) return;
    Compiler c(false, &documents_of_[i]->types->names());
    for (const auto& n : item.needs) add_to_scope(item, n);
    auto compiled = std::make_shared<CompiledExpression>();
    for (std::size_t s = 0; s < item.scope.size(); ++s) {
      const auto& name = item.scope[s];
      Type t;
      if (item.scope_is_import[s]) {
        std::vector<Type::Member> members;
        for (std::size_t m : name.second) members.emplace_back(data_->items[m].name, visible_type(m));
        t = Type::context(std::move(members));
      } else {
        t = visible_type(name.second[0]);
      }
      c.declare(name.first, std::move(t));
      compiled->scope_names.push_back(name.first);
    }
    Code code = compile_boxed(c, *item.logic);
    for (const auto& p : c.problems())
      data_->faults.push_back(item.name + ", " + p.place + ", " + std::to_string(p.line) + ":" + std::to_string(p.column) + ": " + p.en);
    compiled->node = std::move(code.node);
    compiled->type = std::move(code.type);
    compiled->slots = c.slots();
    item.compiled = std::move(compiled);
  }

  void add_to_scope(ModelItem& item, const ModelItem::Need& n) {
    if (n.import.empty()) {
      item.scope.emplace_back(data_->items[n.item].name, std::vector<std::size_t>{n.item});
      item.scope_is_import.push_back(false);
      return;
    }
    for (std::size_t s = 0; s < item.scope.size(); ++s)
      if (item.scope_is_import[s] && item.scope[s].first == n.import) {
        item.scope[s].second.push_back(n.item);
        return;
      }
    item.scope.emplace_back(n.import, std::vector<std::size_t>{n.item});
    item.scope_is_import.push_back(true);
  }

  std::shared_ptr<ModelData> data_ = std::make_shared<ModelData>();
  std::vector<std::unique_ptr<Document>> documents_;
  std::vector<Document*> documents_of_;
  std::vector<char> state_;
};

}  // namespace

Result<Model> load_dmn(std::string_view xml, const std::vector<std::string>& imports) {
  Loader loader;
  MACHIYA_TRY(auto data, loader.load(xml, imports));
  Model m;
  m.data_ = std::move(data);
  return m;
}

}  // namespace machiya::feel
