#include "web_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <optional>

#include "weir/app/config.h"
#include "weir/app/config_kinds.h"
#include "weir/app/config_yaml.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kMaxWebPathBytes = 4095;
constexpr std::size_t kMaxWebItems = 100;
constexpr std::size_t kMaxHeaderBytes = 4096;
constexpr std::size_t kMaxUserBytes = 256;
constexpr std::size_t kBcryptBytes = 60;

template <class Value>
struct Word {
  std::string_view text;
  Value value;
};
constexpr std::array<Word<ClientCertificates>, 5> kClientAuthTypes{
    {{"NoClientCert", ClientCertificates::kNone},
     {"RequestClientCert", ClientCertificates::kRequest},
     {"RequireAnyClientCert", ClientCertificates::kRequireAny},
     {"VerifyClientCertIfGiven", ClientCertificates::kVerifyIfGiven},
     {"RequireAndVerifyClientCert", ClientCertificates::kRequireAndVerify}}};
constexpr std::array<Word<TlsVersion>, 2> kVersions{{{"TLS12", TlsVersion::kTls12}, {"TLS13", TlsVersion::kTls13}}};
constexpr std::array<Word<std::string_view>, 4> kCurves{
    {{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}}};
constexpr std::array<Word<bool>, 2> kBooleans{{{"true", true}, {"false", false}}};
constexpr std::array<std::string_view, 5> kHeaders{"Content-Security-Policy", "X-Frame-Options",
                                                   "X-Content-Type-Options", "X-XSS-Protection",
                                                   "Strict-Transport-Security"};

// Every answer has it already, with the only value there is: nosniff.
constexpr std::string_view kAlwaysThere = "X-Content-Type-Options";

bool is_bcrypt_hash(std::string_view text) {
  if (text.size() != kBcryptBytes || text[0] != '$' || text[1] != '2' || text[3] != '$' || text[6] != '$') return false;
  if (text[2] != 'a' && text[2] != 'b' && text[2] != 'y') return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(text[4]) || !is_digit(text[5])) return false;
  const int cost = (text[4] - '0') * 10 + (text[5] - '0');
  return cost >= 4 && cost <= kMaxBcryptCost && std::ranges::all_of(text.substr(7), [](char c) {
           return c == '.' || c == '/' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

/// Walks the tree of one file.
class Reader {
 public:
  Reader(std::string folder, ConfigFaults& faults) : folder_(std::move(folder)), faults_(faults) {}

  WebConfig read(const YamlNode& root) {
    WebConfig config;
    read_map("", root,
             {{"tls_server_config", [&](const YamlNode& node) { read_tls(node, config); }},
              {"http_server_config", [&](const YamlNode& node) { read_http(node, config); }},
              {"basic_auth_users", [&](const YamlNode& node) { read_users(node, config); }}});
    return config;
  }

 private:
  struct Field {
    std::string_view key;
    std::function<void(const YamlNode&)> read;
  };

  void read_map(const std::string& path, const YamlNode& map, const std::vector<Field>& fields) {
    if (map.kind == YamlNode::Kind::kNothing || map.kind == YamlNode::Kind::kRefused) return;
    std::vector<std::string> known;
    for (const Field& field : fields) known.emplace_back(field.key);
    if (map.kind != YamlNode::Kind::kMap) return add_value_fault(faults_, path, map, "keys such as " + known.front());
    const std::string prefix = path.empty() ? "" : path + ".";
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
      const auto field = std::ranges::find(fields, map.keys[i].text, &Field::key);
      if (field != fields.end()) {
        path_ = prefix + map.keys[i].text;
        field->read(map.items[i]);
      } else {
        faults_.add(map.keys[i].position, prefix + map.keys[i].text,
                    "unknown key" + cure_of_unknown(map.keys[i].text, known));
      }
    }
  }

  void fault(const YamlNode& node, std::string_view expected) { add_value_fault(faults_, path_, node, expected); }

  template <class Value, std::size_t kCount>
  void read_word(const YamlNode& node, const std::array<Word<Value>, kCount>& words, Value& value) {
    const auto word = std::ranges::find(words, std::string_view(node.text), &Word<Value>::text);
    if (node.kind == YamlNode::Kind::kText && word != words.end()) {
      value = word->value;
      return;
    }
    std::vector<std::string> known;
    for (const Word<Value>& one : words) known.emplace_back(one.text);
    fault(node, "one of " + join_words(known));
  }

  void read_path(const YamlNode& node, std::string& path) {
    if (node.kind == YamlNode::Kind::kNothing) return;
    const bool good = node.kind == YamlNode::Kind::kText && !node.text.empty() &&
                      node.text.size() <= kMaxWebPathBytes && node.text.find('\0') == std::string::npos;
    if (!good) return fault(node, "the path of a file");
    path = (std::filesystem::path(folder_) / node.text).string();
  }

  void read_texts(const YamlNode& node, const std::string& expected,
                  const std::function<bool(const std::string&)>& take) {
    const auto items = items_of(faults_, path_, node, kMaxWebItems, "a list of " + expected);
    if (!items) return;
    for (const YamlNode& item : *items) {
      if (item.kind != YamlNode::Kind::kText || !take(item.text)) fault(item, expected);
    }
  }

  void read_tls(const YamlNode& node, WebConfig& config) {
    if (node.kind == YamlNode::Kind::kNothing) return;
    TlsServerOptions tls;
    const std::size_t faults_before = faults_.count();
    read_map("tls_server_config", node,
             {{"cert_file", [&](const YamlNode& value) { read_path(value, tls.certificate_file); }},
              {"key_file", [&](const YamlNode& value) { read_path(value, tls.key_file); }},
              {"client_auth_type",
               [&](const YamlNode& value) { read_word(value, kClientAuthTypes, tls.client_certificates); }},
              {"client_ca_file", [&](const YamlNode& value) { read_path(value, tls.client_ca_file); }},
              {"min_version", [&](const YamlNode& value) { read_word(value, kVersions, tls.least); }},
              {"max_version", [&](const YamlNode& value) { read_word(value, kVersions, tls.most); }},
              {"cipher_suites", [&](const YamlNode& value) { read_suites(value, tls); }},
              {"curve_preferences", [&](const YamlNode& value) { read_curves(value, tls); }},
              {"prefer_server_cipher_suites",
               [&](const YamlNode& value) { read_word(value, kBooleans, tls.prefer_own_order); }}});
    path_ = "tls_server_config";
    if (faults_.count() != faults_before) return;
    if (std::string problem = problem_of(tls); !problem.empty()) return faults_.add(node.position, path_, problem);
    config.tls = std::move(tls);
  }

  static std::string problem_of(const TlsServerOptions& tls) {
    if (tls.certificate_file.empty()) return "found no cert_file; expected the path of the certificate";
    if (tls.key_file.empty()) return "found no key_file; expected the path of the certificate's key";
    if (tls.least > tls.most) return "found min_version above max_version";
    const bool verifies = tls.client_certificates == ClientCertificates::kVerifyIfGiven ||
                          tls.client_certificates == ClientCertificates::kRequireAndVerify;
    if (verifies && tls.client_ca_file.empty()) {
      return "found no client_ca_file; expected it, as client_auth_type has certificates verified";
    }
    if (!tls.client_ca_file.empty() && tls.client_certificates == ClientCertificates::kNone) {
      return "found a client_ca_file that nothing is verified with; expected a client_auth_type such as "
             "RequireAndVerifyClientCert";
    }
    return "";
  }

  void read_suites(const YamlNode& node, TlsServerOptions& tls) {
    read_texts(node, "a cipher suite such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", [&](const std::string& suite) {
      if (openssl_suite_name(suite).empty()) return false;
      tls.cipher_suites.push_back(suite);
      return true;
    });
  }

  void read_curves(const YamlNode& node, TlsServerOptions& tls) {
    read_texts(node, "one of CurveP256, CurveP384, CurveP521, X25519", [&](const std::string& name) {
      const auto curve = std::ranges::find(kCurves, std::string_view(name), &Word<std::string_view>::text);
      if (curve == kCurves.end()) return false;
      tls.groups.emplace_back(curve->value);
      return true;
    });
  }

  /// http2 may be said either way: it allows HTTP/2, and this listener speaks HTTP/1.1 to everybody.
  void read_http(const YamlNode& node, WebConfig& config) {
    bool http2 = false;
    read_map("http_server_config", node,
             {{"http2", [&](const YamlNode& value) { read_word(value, kBooleans, http2); }},
              {"headers", [&](const YamlNode& value) { read_headers(value, config); }}});
  }

  void read_headers(const YamlNode& node, WebConfig& config) {
    std::vector<Field> fields;
    for (const std::string_view header : kHeaders) {
      fields.push_back({header, [this, &config, header](const YamlNode& value) {
                          const bool good = value.kind == YamlNode::Kind::kText && !value.text.empty() &&
                                            is_clean_label(value.text, kMaxHeaderBytes);
                          if (!good) return fault(value, "the value of a header, on one line");
                          if (header == kAlwaysThere) return;
                          config.headers.emplace_back(header, value.text);
                        }});
    }
    read_map("http_server_config.headers", node, fields);
  }

  /// Names and hashes are not repeated in messages: who reads the log need not know them.
  void read_users(const YamlNode& node, WebConfig& config) {
    if (node.kind == YamlNode::Kind::kNothing || node.kind == YamlNode::Kind::kRefused) return;
    if (node.kind != YamlNode::Kind::kMap) return fault(node, "a map of user names to bcrypt hashes");
    if (node.keys.size() > kMaxWebUsers) {
      return faults_.add(node.position, path_,
                         fmt::format("found {} users; expected at most {}", node.keys.size(), kMaxWebUsers));
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& user = node.keys[i].text;
      const bool good_name = !user.empty() && user.size() <= kMaxUserBytes && user.find(':') == std::string::npos;
      if (!good_name) {
        faults_.add(
            node.keys[i].position, path_,
            fmt::format("found a name that no client can send; expected 1 to {} bytes without a colon", kMaxUserBytes));
      } else if (node.items[i].kind != YamlNode::Kind::kText || !is_bcrypt_hash(node.items[i].text)) {
        faults_.add(
            node.keys[i].position, path_,
            fmt::format("found no bcrypt hash for this user; expected one such as $2y$10$... of a cost up to {} "
                        "(htpasswd -nBC 10 \"\")",
                        kMaxBcryptCost));
      } else {
        config.users.emplace(user, node.items[i].text);
      }
    }
  }

  std::string folder_;
  ConfigFaults& faults_;
  std::string path_;  // of the value being read
};

}  // namespace

Result<WebConfig> parse_web_config(std::string_view yaml, const std::string& file) {
  ConfigFaults faults;
  if (yaml.size() > kMaxConfigBytes) {
    faults.add({}, {}, fmt::format("found more than {} bytes; expected a file of at most 1MiB", kMaxConfigBytes));
    return Error{faults.render(file)};
  }
  const YamlNode root = parse_yaml(yaml, faults);
  WebConfig config;
  if (root.kind != YamlNode::Kind::kRefused) {
    config = Reader(std::filesystem::path(file).parent_path().string(), faults).read(root);
  }
  if (!faults.empty()) return Error{faults.render(file)};
  return config;
}

Result<WebAccess> load_web_access(const std::string& path) {
  WebAccess access;
  if (path.empty()) return access;
  const Result<std::string> text = read_config_text(path);
  if (!text) return text.error();
  Result<WebConfig> config = parse_web_config(*text, path);
  if (!config) return config.error();
  access.config = std::move(*config);
  if (!access.config.tls) return access;
  const Result<std::shared_ptr<const TlsContext>> tls = TlsContext::open(*access.config.tls);
  if (!tls) return Error{fmt::format("{}: {}", path, tls.error().message)};
  access.tls = *tls;
  return access;
}

}  // namespace weir
