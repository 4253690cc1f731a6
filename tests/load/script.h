// What each client of the load generator does: a list of requests with variables, read from a plain text.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::load {

/// Text with places for variables: "{n}" the number of the pass (unique in the run), "{client}" the number of the
/// client, "{name}" a captured value; "{name:url}" the same percent-encoded. "{{" is a brace.
class Template {
 public:
  static Result<Template> parse(std::string_view text);
  void render(const std::map<std::string, std::string, std::less<>>& variables, std::string& out) const;
  bool is_constant() const { return pieces_.size() <= 1 && (pieces_.empty() || pieces_[0].name.empty()); }

 private:
  struct Piece {
    std::string text;
    std::string name;  ///< of the variable behind the text; "" for none
    bool encode = false;
  };
  std::vector<Piece> pieces_;
};

/// Takes a value out of an answer: of a header, or of the body between two texts.
struct Capture {
  std::string name;
  std::string header;         ///< lower case; "" for the body
  std::string after, until;
  bool path_only = false;     ///< of a URL: without scheme and host
};

struct Step {
  std::string method = "GET";
  Template target;
  std::vector<Template> headers;     ///< complete lines
  Template body;
  bool has_body = false;
  std::string type = "application/x-www-form-urlencoded";
  int expect = 0;                    ///< status; 0: any below 400
  std::vector<Capture> captures;
};

/// "first" runs once a client (log-in), "loop" again and again; only the loop is measured.
struct Script {
  std::vector<Step> first;
  std::vector<Step> loop;
};

/// Lines: "GET /path" or another method begins a request; then, for that request, "type: …", "header: Name: value",
/// "expect: 303", "body: …", "capture: NAME header Location" (a URL loses scheme and host) and
/// "capture: NAME between BEFORE … AFTER" (the texts are separated by " … "). "loop:" ends the part that runs once.
/// "#" begins a comment line. The error names the line.
Result<Script> parse_script(std::string_view text);

}  // namespace machiya::load
