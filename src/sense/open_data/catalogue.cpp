// What is published, as DCAT 2 (W3C, 2020) in JSON-LD: for portals that harvest.
#include "base/json.h"
#include "sense/open_data/dataset.h"

namespace machiya::sense::open_data {
namespace {
using json::Value;

/// Every language as a language-tagged string; やさしい日本語 is Japanese and left out.
Value words(const city::Text& text) {
  Value out = Value::array();
  for (const auto& [lang, words] : text.all())
    if (lang != "ja-easy") out.push(Value::object({{"@value", words}, {"@language", lang}}));
  return out;
}

Value link(std::string iri) { return Value::object({{"@id", std::move(iri)}}); }

/// Terms of the Publications Office of the EU, which DCAT profiles use.
std::string frequency_iri(Frequency f) {
  switch (f) {
    case Frequency::continuous: return "http://publications.europa.eu/resource/authority/frequency/UPDATE_CONT";
    case Frequency::hourly: return "http://publications.europa.eu/resource/authority/frequency/HOURLY";
    case Frequency::daily: return "http://publications.europa.eu/resource/authority/frequency/DAILY";
    case Frequency::weekly: return "http://publications.europa.eu/resource/authority/frequency/WEEKLY";
    case Frequency::monthly: return "http://publications.europa.eu/resource/authority/frequency/MONTHLY";
    case Frequency::quarterly: return "http://publications.europa.eu/resource/authority/frequency/QUARTERLY";
    case Frequency::annual: return "http://publications.europa.eu/resource/authority/frequency/ANNUAL";
    case Frequency::irregular: break;
  }
  return "http://publications.europa.eu/resource/authority/frequency/IRREG";
}

Value distribution(const std::string& page, const std::string& suffix, const std::string& media, const std::string& title, const std::string& licence) {
  return Value::object({{"@type", "dcat:Distribution"}, {"dct:title", title}, {"dcat:accessURL", link(page)}, {"dcat:downloadURL", link(page + suffix)}, {"dcat:mediaType", link("https://www.iana.org/assignments/media-types/" + media)},
                        {"dct:license", link(licence)}});
}

Value dataset(const city::City& city, const EntityType& type, const std::string& base_url) {
  const OpenData& open = *type.open;
  const std::string page = base_url + std::string(kBase) + "/" + open.name, licence = licence_of(open.licence).iri;
  Value out = Value::object({{"@id", page}, {"@type", "dcat:Dataset"}, {"dct:identifier", open.name}, {"dct:title", words(type.name)}, {"dct:description", words(open.about)}, {"dcat:landingPage", link(page)},
                             {"dct:license", link(licence)}, {"dct:accrualPeriodicity", link(frequency_iri(open.frequency))}});
  if (const city::Department* owner = city.department(type.owner)) out.set("dct:publisher", Value::object({{"@type", "foaf:Organization"}, {"foaf:name", words(owner->name)}}));
  Value keywords = Value::array();
  for (const std::string& word : open.keywords) keywords.push(word);
  if (keywords.size() > 0) out.set("dcat:keyword", std::move(keywords));
  Value list = Value::array();
  list.push(distribution(page, ".csv", "text/csv", "CSV", licence));
  list.push(distribution(page, ".geojson", "application/geo+json", "GeoJSON", licence));
  list.push(distribution(page, ".jsonld", "application/ld+json", "JSON-LD (NGSI-LD)", licence));
  if (open.gbfs) list.push(distribution(page, "/gbfs/gbfs.json", "application/json", "GBFS 3.0", licence));
  out.set("dcat:distribution", std::move(list));
  return out;
}

}  // namespace

std::string catalogue(const city::City& city, const std::vector<const EntityType*>& types, const std::string& base_url) {
  Value datasets = Value::array();
  for (const EntityType* type : types)
    if (type->open) datasets.push(dataset(city, *type, base_url));
  const Value context = Value::object({{"dcat", "http://www.w3.org/ns/dcat#"}, {"dct", "http://purl.org/dc/terms/"}, {"foaf", "http://xmlns.com/foaf/0.1/"}});
  return json::to_text(Value::object({{"@context", context}, {"@id", base_url + std::string(kBase) + "/catalog.jsonld"}, {"@type", "dcat:Catalog"}, {"dct:title", words(city.name())},
                                      {"foaf:homepage", link(base_url + std::string(kBase))}, {"dcat:dataset", std::move(datasets)}}));
}

}  // namespace machiya::sense::open_data
