#include "sense/jsonld/core_terms.h"

#include <cstdint>

namespace machiya::sense::jsonld {
namespace {

/// What a term's definition says beyond its IRI.
enum class Form : std::uint8_t { plain, id, vocab, date_time, json, list, id_list, set, index, language, proof };

/// One term, in the versions first … last. `iri`: what it stands for; empty for "ngsi-ld:" and its own name. A leading '=' means what comes is taken as
/// it stands.
struct Row {
  const char* term;
  Form form = Form::plain;
  int first = 3, last = 9;
  const char* iri = "";
};

// Source: ETSI GS CIM 009 V1.3.1, V1.4.2, V1.5.1, V1.6.1, V1.7.1, V1.8.1, V1.9.1, Annex B, in the form published at uri.etsi.org.
// attributeCount and attributeDetails lack their prefix in 1.3, 1.4 and 1.8 and so fall into the default vocabulary; kept as published.
constexpr Row kTypes[] = {
    {"Attribute"}, {"AttributeList"}, {"ContextSourceIdentity", Form::plain, 8}, {"ContextSourceNotification"}, {"ContextSourceRegistration"},
    {"Date"}, {"DateTime"}, {"EntityMap", Form::plain, 9}, {"EntityType"}, {"EntityTypeInfo"}, {"EntityTypeList"},
    {"ExecutionResultDetails", Form::plain, 9}, {"Feature", Form::plain, 3, 9, "geojson:"}, {"FeatureCollection", Form::plain, 3, 9, "geojson:"},
    {"GeoProperty"}, {"GeometryCollection", Form::plain, 3, 9, "geojson:"}, {"JsonProperty", Form::plain, 8}, {"LanguageProperty", Form::plain, 5},
    {"LineString", Form::plain, 3, 9, "geojson:"}, {"ListProperty", Form::plain, 8}, {"ListRelationship", Form::plain, 8},
    {"MultiLineString", Form::plain, 3, 9, "geojson:"}, {"MultiPoint", Form::plain, 3, 9, "geojson:"},
    {"MultiPolygon", Form::plain, 3, 9, "geojson:"}, {"Notification"}, {"Point", Form::plain, 3, 9, "geojson:"},
    {"Polygon", Form::plain, 3, 9, "geojson:"}, {"Property"}, {"Relationship"}, {"Snapshot", Form::plain, 9}, {"SnapshotNotification", Form::plain, 9},
    {"Subscription"}, {"TemporalProperty"}, {"Time"}, {"VocabProperty", Form::plain, 8}, {"VocabularyProperty", Form::plain, 7, 7},
};

constexpr Row kPlain[] = {
    {"accept"}, {"aggrMethods", Form::plain, 9}, {"aggrParams", Form::plain, 9}, {"aggrPeriodDuration", Form::plain, 9},
    {"attributeCount", Form::plain, 3, 4, "=attributeCount"}, {"attributeCount", Form::plain, 5, 7}, {"attributeCount", Form::plain, 8, 8, "=attributeCount"},
    {"attributeCount", Form::plain, 9}, {"attributeDetails", Form::plain, 3, 4, "=attributeDetails"}, {"attributeDetails", Form::plain, 5, 7},
    {"attributeDetails", Form::plain, 8, 8, "=attributeDetails"}, {"attributeDetails", Form::plain, 9}, {"attrs", Form::plain, 5},
    {"cacheDuration", Form::plain, 6}, {"collation", Form::plain, 9}, {"containedBy", Form::plain, 8, 9, "=ngsi-ld:isContainedBy"},
    {"contextSourceAlias", Form::plain, 8}, {"contextSourceInfo", Form::plain, 6}, {"contextSourceUptime", Form::plain, 8}, {"cooldown", Form::plain, 6},
    {"csf"}, {"data"}, {"description", Form::plain, 3, 9, "=http://purl.org/dc/terms/description"}, {"detail"}, {"endpoint"}, {"entities"},
    {"entity", Form::plain, 8}, {"entityCount"}, {"entityMap", Form::plain, 8, 8, "=ngsi-ld:hasEntityMap"},
    {"entityMapLifetime", Form::plain, 9, 9, "=ngsi-ld:hasEntityMapLifetime"}, {"error"}, {"errors"}, {"expandValues", Form::plain, 8}, {"format"},
    {"geoQ"}, {"geometry", Form::plain, 3, 9, "geojson:"}, {"geometryProperty", Form::plain, 8, 8, "geojson:"}, {"geoproperty"}, {"georel"},
    {"idPattern"}, {"information"}, {"isActive"}, {"join", Form::plain, 8}, {"joinLevel", Form::plain, 8, 9, "=ngsi-ld:hasJoinLevel"},
    {"jsonKeys", Form::plain, 8}, {"jsonldContext", Form::plain, 9}, {"key", Form::plain, 6, 9, "=ngsi-ld:hasKey"}, {"lang", Form::plain, 5},
    {"langString", Form::plain, 9, 9, "=http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}, {"lastN", Form::plain, 9}, {"linkedMaps", Form::plain, 8},
    {"localOnly", Form::plain, 6}, {"location"}, {"management", Form::plain, 6}, {"managementInterval"}, {"mode", Form::plain, 6},
    {"ngsildConformance", Form::plain, 9}, {"notification"}, {"notificationTrigger", Form::plain, 6}, {"notifierInfo", Form::plain, 6},
    {"notUpdated", Form::plain, 6}, {"observationInterval"}, {"observationSpace"}, {"omit", Form::plain, 8}, {"operationSpace"},
    {"operations", Form::plain, 6}, {"ordering", Form::plain, 9}, {"pick", Form::plain, 8},
    {"previousValue", Form::plain, 6, 9, "=ngsi-ld:hasPreviousValue"}, {"properties", Form::plain, 3, 9, "geojson:"}, {"q"}, {"reason"},
    {"receiverInfo", Form::plain, 6}, {"refreshRate", Form::plain, 6}, {"registrationId", Form::plain, 6}, {"registrationName"},
    {"resultStatus", Form::plain, 9}, {"scope", Form::plain, 5}, {"scopeQ", Form::plain, 5}, {"showChanges", Form::plain, 6},
    {"snapshotId", Form::plain, 9}, {"snapshotLifetime", Form::plain, 9}, {"snapshotPriority", Form::plain, 9}, {"snapshotStatus", Form::plain, 9},
    {"splitEntities", Form::plain, 9, 9, "=ngsi-ld:hasSplitEntities"}, {"status"}, {"subscriptionName"}, {"sysAttrs", Form::plain, 6}, {"temporalQ"},
    {"throttling"}, {"timeInterval"}, {"timeout", Form::plain, 6}, {"timeproperty"}, {"timerel"}, {"timesFailed", Form::plain, 6}, {"timesSent"},
    {"title", Form::plain, 3, 9, "=http://purl.org/dc/terms/title"}, {"triggerReason"}, {"unchanged"}, {"unitCode"}, {"updated"}, {"uri"},
    {"value", Form::plain, 3, 9, "=ngsi-ld:hasValue"},
};

constexpr Row kCoerced[] = {
    {"attributeList", Form::vocab}, {"attributeName", Form::vocab}, {"attributeNames", Form::vocab}, {"attributeTypes", Form::vocab},
    {"attributes", Form::vocab}, {"objectType", Form::vocab, 8, 9, "=ngsi-ld:hasObjectType"}, {"previousVocab", Form::vocab, 7, 9, "=ngsi-ld:hasPreviousVocab"},
    {"propertyNames", Form::vocab}, {"relationshipNames", Form::vocab}, {"typeList", Form::vocab}, {"typeName", Form::vocab}, {"typeNames", Form::vocab},
    {"valueType", Form::vocab, 9, 9, "=ngsi-ld:hasValueType"}, {"vocab", Form::vocab, 7, 9, "=ngsi-ld:hasVocab"}, {"watchedAttributes", Form::vocab},
    {"datasetId", Form::id}, {"entityId", Form::id}, {"instanceId", Form::id}, {"object", Form::id, 3, 9, "=ngsi-ld:hasObject"},
    {"previousObject", Form::id, 6, 9, "=ngsi-ld:hasPreviousObject"}, {"subscriptionId", Form::id}, {"success", Form::id}, {"tenant", Form::id, 5},
    {"contextSourceTimeAt", Form::date_time, 8}, {"createdAt", Form::date_time}, {"deletedAt", Form::date_time, 6}, {"endAt", Form::date_time},
    {"endTimeAt", Form::date_time}, {"expiresAt", Form::date_time}, {"lastFailure", Form::date_time}, {"lastNotification", Form::date_time},
    {"lastSuccess", Form::date_time}, {"lastUsedAt", Form::date_time, 9}, {"modifiedAt", Form::date_time}, {"notifiedAt", Form::date_time},
    {"observedAt", Form::date_time}, {"startAt", Form::date_time}, {"timeAt", Form::date_time},
    {"contextSourceExtras", Form::json, 8}, {"json", Form::json, 8, 9, "=ngsi-ld:hasJSON"}, {"previousJson", Form::json, 8, 9, "=ngsi-ld:hasPreviousJson"},
    {"problemDetails", Form::json, 9},
};

constexpr Row kContained[] = {
    {"avg", Form::list, 4}, {"bbox", Form::list, 3, 9, "geojson:"}, {"coordinates", Form::list, 3, 9, "geojson:"}, {"distinctCount", Form::list, 4},
    {"entityList", Form::list, 8}, {"jsons", Form::list, 8}, {"languageMaps", Form::list, 6, 9, "=ngsi-ld:hasLanguageMaps"}, {"max", Form::list, 4},
    {"min", Form::list, 4}, {"objectList", Form::list, 8, 9, "=ngsi-ld:hasObjectList"}, {"objectLists", Form::list, 9, 9, "=ngsi-ld:hasObjectLists"},
    {"objects", Form::id_list, 3, 5, "=ngsi-ld:hasObjects"}, {"objects", Form::list, 6, 9, "=ngsi-ld:hasObjects"},
    {"objectsLists", Form::list, 8, 8, "=ngsi-ld:hasObjectsLists"}, {"orderBy", Form::list, 9},
    {"previousObjectList", Form::list, 8, 9, "=ngsi-ld:hasPreviousObjectList"}, {"previousValueList", Form::list, 8, 9, "=ngsi-ld:hasPreviousValueList"},
    {"snapshotQueries", Form::list, 9}, {"snapshotQueriesDetails", Form::list, 9}, {"snapshotTemporalQueries", Form::list, 9},
    {"snapshotTemporalQueriesDetails", Form::list, 9}, {"stddev", Form::list, 4}, {"sum", Form::list, 4}, {"sumsq", Form::list, 4},
    {"totalCount", Form::list, 4}, {"valueList", Form::list, 8, 9, "=ngsi-ld:hasValueList"}, {"valueLists", Form::list, 8, 9, "=ngsi-ld:hasValueLists"},
    {"values", Form::list, 3, 9, "=ngsi-ld:hasValues"}, {"vocabs", Form::list, 7, 9, "=ngsi-ld:hasVocabs"}, {"features", Form::set, 3, 9, "geojson:"},
    {"dataset", Form::index, 7, 9, "=ngsi-ld:hasDataset"}, {"entityMap", Form::index, 9, 9, "=ngsi-ld:hasEntityMap"},
    {"languageMap", Form::language, 5, 9, "=ngsi-ld:hasLanguageMap"}, {"previousLanguageMap", Form::language, 6, 9, "=ngsi-ld:hasPreviousLanguageMap"},
    {"ngsildproof", Form::proof, 9},
};

std::string_view beyond(Form form) {
  switch (form) {
    case Form::plain: return "";
    case Form::id: return R"(,"@type":"@id")";
    case Form::vocab: return R"(,"@type":"@vocab")";
    case Form::date_time: return R"(,"@type":"DateTime")";
    case Form::json: return R"(,"@type":"@json")";
    case Form::list: return R"(,"@container":"@list")";
    case Form::id_list: return R"(,"@type":"@id","@container":"@list")";
    case Form::set: return R"(,"@container":"@set")";
    case Form::index: return R"(,"@container":"@index")";
    case Form::language: return R"(,"@container":"@language")";
    // Annex B adds the W3C's context of data integrity proofs here, a remote one; a proof is kept as it was sent, so its terms are not needed.
    case Form::proof: return R"(,"@context":{"entityIdSealed":"ngsi-ld:entityIdSealed","entityTypeSealed":{"@id":"ngsi-ld:entityTypeSealed","@type":"@vocab"}})";
  }
  return "";
}

void write(const Row& row, std::string& out) {
  const std::string_view given = row.iri;
  std::string iri;
  if (given.starts_with('=')) iri = given.substr(1);
  else iri = std::string(given.empty() ? "ngsi-ld:" : given) + row.term;
  out += std::string(",\"") + row.term + "\":";
  if (row.form == Form::plain) out += '"' + iri + '"';
  else out += "{\"@id\":\"" + iri + '"' + std::string(beyond(row.form)) + '}';
}

}  // namespace

std::optional<int> core_version_of(std::string_view url) {
  for (std::string_view scheme : {"https", "http"}) {
    std::string_view rest = url;
    if (!rest.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    constexpr std::string_view kStem = "://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context", kEnd = ".jsonld";
    if (!rest.starts_with(kStem) || !rest.ends_with(kEnd) || rest.size() < kStem.size() + kEnd.size()) continue;
    rest = rest.substr(kStem.size(), rest.size() - kStem.size() - kEnd.size());
    if (rest.empty()) return 8;
    const bool shape = rest.starts_with("-v1.") && (rest.size() == 5 || (rest.size() == 7 && rest[5] == '.' && rest[6] >= '0' && rest[6] <= '9'));
    if (shape && rest[4] >= '3' && rest[4] <= '9') return rest[4] - '0';
  }
  return std::nullopt;
}

std::string core_json(int minor, bool guarded) {
  std::string out = R"({"@context":{"ngsi-ld":"https://uri.etsi.org/ngsi-ld/","geojson":"https://purl.org/geojson/vocab#","id":"@id","type":"@type")";
  if (minor >= 8) out += R"(,"@version":1.1)";
  if (minor >= 8 && guarded) out += R"(,"@protected":true)";
  auto write_all = [&](const auto& rows) {
    for (const Row& row : rows)
      if (row.first <= minor && minor <= row.last) write(row, out);
  };
  write_all(kTypes), write_all(kPlain), write_all(kCoerced), write_all(kContained);
  return out + R"(,"@vocab":"https://uri.etsi.org/ngsi-ld/default-context/"}})";
}

}  // namespace machiya::sense::jsonld
