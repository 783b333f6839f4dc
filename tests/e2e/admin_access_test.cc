// TLS and passwords of the admin listener, with certificates made by openssl, asked by curl and scraped by Prometheus.
#include <crypt.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>

#include "running_server.h"
#include "support/exposition.h"
#include "support/files.h"
#include "support/prometheus_server.h"

namespace weir::e2e {
namespace {

using support::ProcessResult;
using support::run_process;
using support::TemporaryFolder;

constexpr const char* kHttpSource = "sources: {http: {listen: \"127.0.0.1:0\"}}\n";

std::string hash_of(const std::string& password) {
  crypt_data room{};
  return ::crypt_r(password.c_str(), "$2y$05$abcdefghijklmnopqrstuu", &room);
}

/// An authority, and what it signed: server and client. Another authority signed "stranger".
class Certificates {
 public:
  Certificates() {
    make_authority("ca");
    make_authority("other");
    make("server", "ca", "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n");
    make("client", "ca", "extendedKeyUsage=clientAuth\n");
    make("stranger", "other", "extendedKeyUsage=clientAuth\n");
  }
  std::string path(const std::string& name) const { return folder_.path(name); }
  std::string write(const std::string& name, const std::string& text) const { return folder_.write(name, text); }
  /// The server's key gets another certificate.
  void renew_server(int days) const { sign("server", "ca", days); }

 private:
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const ProcessResult result = run_process(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.log;
  }
  void make_authority(const std::string& name) const {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=" + name, "-keyout", path(name + ".key"), "-out", path(name + ".crt")});
  }
  void make(const std::string& name, const std::string& authority, const std::string& extensions) const {
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
             path(name + ".key"), "-out", path(name + ".csr")});
    write(name + ".ext", extensions);
    sign(name, authority, 2);
  }
  void sign(const std::string& name, const std::string& authority, int days) const {
    openssl({"x509", "-req", "-days", std::to_string(days), "-in", path(name + ".csr"), "-CA", path(authority + ".crt"),
             "-CAkey", path(authority + ".key"), "-CAcreateserial", "-extfile", path(name + ".ext"), "-out",
             path(name + ".crt")});
  }

  TemporaryFolder folder_;
};

std::string config_with(const std::string& web_config) {
  return kHttpSource + fmt::format("admin: {{listen: \"127.0.0.1:0\", web_config: {}}}\n", web_config);
}

/// "STATUS BODY" of GET, or "error N" with curl's exit code.
std::string curl(const std::string& url, std::vector<std::string> arguments = {}) {
  const std::vector<std::string> all{"curl", "--silent",    "--noproxy",      "*", "--max-time",
                                     "60",   "--write-out", "\n%{http_code}", url};
  arguments.insert(arguments.begin(), all.begin(), all.end());
  const ProcessResult result = run_process(arguments);
  if (result.exit_code != 0) return fmt::format("error {}", result.exit_code);
  const std::size_t line = result.output.rfind('\n');
  return result.output.substr(line + 1) + " " + result.output.substr(0, line);
}

bool is_ok(const std::string& answer) { return answer.starts_with("200 "); }

TEST(AdminAccess, serves_everything_over_tls_and_nothing_without) {
  const Certificates certificates;
  RunningServer server(
      config_with(certificates.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n")));
  const std::string url = fmt::format("https://127.0.0.1:{}", server.admin_port());
  const std::vector<std::string> trust{"--cacert", certificates.path("ca.crt")};
  for (const char* path : {"/metrics", "/-/healthy", "/-/ready", "/api/v1/report", "/"}) {
    EXPECT_TRUE(is_ok(curl(url + path, trust))) << path;
  }
  EXPECT_EQ(curl(url + "/metrics"), "error 60") << "a client that does not trust the authority";
  EXPECT_EQ(curl(fmt::format("http://127.0.0.1:{}/metrics", server.admin_port())), "400 This port speaks https.\n");
  EXPECT_TRUE(is_ok(curl(url + "/metrics", {"--cacert", certificates.path("ca.crt"), "--tls-max", "1.2"})));
  EXPECT_EQ(curl(url + "/metrics", {"--cacert", certificates.path("ca.crt"), "--tls-max", "1.1"}), "error 35");
  // Two on one connection, and one that goes on.
  const ProcessResult kept =
      run_process({"curl", "-s", "--noproxy", "*", "--cacert", certificates.path("ca.crt"), "-w", "%{num_connects} ",
                   "-o", "/dev/null", url + "/metrics", "-o", "/dev/null", url + "/metrics"});
  EXPECT_EQ(kept.output, "1 0 ");
  support::ChildProcess feed(
      {"curl", "-sN", "--noproxy", "*", "--cacert", certificates.path("ca.crt"), url + "/api/v1/live"});
  EXPECT_TRUE(feed.wait_until([&] { return feed.output().find("data: ") != std::string::npos; })) << feed.output();
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(feed.wait_for_exit(), 0) << "the end of the feed is the end of the connection, said by TLS";
}

/// When a certificate ends, as openssl says it.
double end_of(const std::string& certificate) {
  const ProcessResult result = run_process({"openssl", "x509", "-enddate", "-noout", "-in", certificate});
  std::tm time{};
  EXPECT_NE(::strptime(result.output.c_str(), "notAfter=%b %d %H:%M:%S %Y GMT", &time), nullptr) << result.output;
  return static_cast<double>(::timegm(&time));
}

TEST(AdminAccess, says_when_its_certificate_ends) {
  const Certificates certificates;
  const std::string web =
      certificates.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n");
  RunningServer server(config_with(web));
  const std::string url = fmt::format("https://127.0.0.1:{}/metrics", server.admin_port());
  const auto told = [&] {
    const std::string scrape = curl(url, {"--cacert", certificates.path("ca.crt")});
    const support::Exposition exposition = support::read_exposition(scrape.substr(scrape.find(' ') + 1));
    const auto found = exposition.values.find("weir_tls_certificate_expiry_timestamp_seconds");
    return found == exposition.values.end() ? -1 : found->second;
  };
  const double first = end_of(certificates.path("server.crt"));
  const auto tells = [&](double wanted) { return server.process().wait_until([&] { return told() == wanted; }); };
  EXPECT_TRUE(tells(first)) << told();
  certificates.renew_server(30);
  const double second = end_of(certificates.path("server.crt"));
  EXPECT_GT(second, first);
  server.process().signal(SIGHUP);
  EXPECT_TRUE(tells(second)) << told();
  EXPECT_EQ(server.stop(), 0);
  certificates.write("web.yml", "");
  RunningServer plain(config_with(web));
  EXPECT_EQ(plain.metric("weir_tls_certificate_expiry_timestamp_seconds"), 0);
}

TEST(AdminAccess, asks_clients_for_certificates) {
  const Certificates certificates;
  RunningServer server(config_with(certificates.write(
      "web.yml",
      "tls_server_config: {cert_file: server.crt, key_file: server.key, client_auth_type: RequireAndVerifyClientCert, "
      "client_ca_file: ca.crt}\n")));
  const std::string url = fmt::format("https://127.0.0.1:{}/metrics", server.admin_port());
  const auto as = [&](const std::string& name) {
    return curl(url, {"--cacert", certificates.path("ca.crt"), "--cert", certificates.path(name + ".crt"), "--key",
                      certificates.path(name + ".key")});
  };
  EXPECT_TRUE(is_ok(as("client")));
  EXPECT_TRUE(as("stranger").starts_with("error")) << as("stranger");
  EXPECT_TRUE(curl(url, {"--cacert", certificates.path("ca.crt")}).starts_with("error"));
  EXPECT_EQ(server.stop(), 0);
}

TEST(AdminAccess, asks_for_passwords_everywhere) {
  const TemporaryFolder folder;
  RunningServer server(config_with(
      folder.write("web.yml", "http_server_config: {headers: {X-Frame-Options: deny}}\nbasic_auth_users: {alice: " +
                                  hash_of("open sesame") + "}\n")));
  const std::string url = fmt::format("http://127.0.0.1:{}", server.admin_port());
  for (const char* path : {"/metrics", "/-/healthy", "/-/ready", "/api/v1/report", "/api/v1/live", "/", "/nowhere"}) {
    EXPECT_EQ(curl(url + path), "401 Unauthorized\n") << path;
  }
  EXPECT_TRUE(is_ok(curl(url + "/metrics", {"--user", "alice:open sesame"})));
  EXPECT_EQ(curl(url + "/metrics", {"--user", "alice:guess"}), "401 Unauthorized\n");
  const support::HttpReply reply = server.get("/metrics");
  EXPECT_EQ(reply.header("www-authenticate"), "Basic realm=\"weir\", charset=\"UTF-8\"");
  EXPECT_EQ(reply.header("x-frame-options"), "deny");
  EXPECT_EQ(server.stop(), 0);
}

TEST(AdminAccess, reads_the_file_again_and_keeps_the_old_when_the_new_is_broken) {
  const Certificates certificates;
  const std::string web = certificates.write("web.yml", "basic_auth_users: {alice: " + hash_of("one") + "}\n");
  RunningServer server(config_with(web));
  const std::string plain = fmt::format("http://127.0.0.1:{}/-/ready", server.admin_port());
  const std::string tls = fmt::format("https://127.0.0.1:{}/-/ready", server.admin_port());
  EXPECT_TRUE(is_ok(curl(plain, {"--user", "alice:one"})));

  certificates.write("web.yml", "basic_auth_users: {alice: plaintext}\n");
  server.process().signal(SIGHUP);
  EXPECT_NE(server.process().wait_for_log_line("found no bcrypt hash"), "");
  EXPECT_TRUE(is_ok(curl(plain, {"--user", "alice:one"})));

  certificates.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: client.key}\n");
  server.process().signal(SIGHUP);
  EXPECT_NE(server.process().wait_for_log_line("key values mismatch"), "");
  EXPECT_TRUE(is_ok(curl(plain, {"--user", "alice:one"})));

  certificates.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n");
  server.process().signal(SIGHUP);
  EXPECT_NE(server.process().wait_for_log_line("SIGHUP: read"), "");
  EXPECT_TRUE(is_ok(curl(tls, {"--cacert", certificates.path("ca.crt")})));
  EXPECT_EQ(server.stop(), 0);
}

TEST(AdminAccess, check_looks_at_the_files_too) {
  const Certificates certificates;
  const std::string web =
      certificates.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: none.key}\n");
  const ProcessResult result = run_process({kProgram, "check", certificates.write("weir.yaml", config_with(web))});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_NE(result.log.find("cannot use the key"), std::string::npos) << result.log;
}

TEST(AdminAccess, prometheus_takes_the_same_file_and_scrapes_through_it) {
  const Certificates certificates;
  const std::string web = certificates.write(
      "web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\nbasic_auth_users: {prometheus: " +
                     hash_of("scrape") + "}\n");
  const ProcessResult checked = run_process({"promtool", "check", "web-config", web});
  EXPECT_EQ(checked.exit_code, 0) << checked.log;
  RunningServer server(config_with(web));
  support::PrometheusServer prometheus(
      server.admin_port(), {.job = fmt::format("    scheme: https\n    tls_config: {{ca_file: {}}}\n"
                                               "    basic_auth: {{username: prometheus, password: scrape}}\n",
                                               certificates.path("ca.crt"))});
  EXPECT_NE(prometheus.wait_for_value("weir_ready", 1), "");
  EXPECT_EQ(server.stop(), 0);
}

TEST(AdminAccess, top_asks_by_tls_and_password) {
  const Certificates certificates;
  RunningServer server(config_with(certificates.write(
      "web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\nbasic_auth_users: {alice: " +
                     hash_of("p@ss:word") + "}\n")));
  const auto top = [&](const std::string& url, const std::string& authority) {
    return run_process({kProgram, "top", "--once", "--url", fmt::format("{}:{}", url, server.admin_port()), "--ca-file",
                        certificates.path(authority)});
  };
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const ProcessResult seen = top(fmt::format("https://alice:p%40ss:word@{}", host), "ca.crt");
    EXPECT_EQ(seen.exit_code, 0) << seen.log;
  }
  const ProcessResult stranger = top("https://alice:p%40ss:word@127.0.0.1", "other.crt");
  EXPECT_EQ(stranger.exit_code, 1);
  EXPECT_NE(stranger.log.find("certificate verify failed"), std::string::npos) << stranger.log;
  const ProcessResult elsewhere = top("https://alice:p%40ss:word@127.0.0.2", "ca.crt");
  EXPECT_EQ(elsewhere.exit_code, 1) << "the certificate is for 127.0.0.1";
  const ProcessResult unknown = top("https://127.0.0.1", "ca.crt");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ((unknown.log + stranger.log).find("word"), std::string::npos) << "no password in messages";
  EXPECT_EQ(server.stop(), 0);
}

/// Bytes that are no TLS at all, and handshakes that never end, cost a connection each and nothing else.
TEST(AdminAccess, survives_what_is_no_tls) {
  const Certificates certificates;
  RunningServer server(
      config_with(certificates.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n")));
  std::vector<std::unique_ptr<support::SocketClient>> silent;
  for (int i = 0; i < 50; ++i) {
    support::SocketClient noise(server.admin_port());
    noise.send(std::string(static_cast<std::size_t>(i) * 37, static_cast<char>(i * 5)));
    noise.finish_sending();
    static_cast<void>(noise.read_to_end());
    silent.push_back(std::make_unique<support::SocketClient>(server.admin_port()));
    silent.back()->send("\x16\x03\x01");  // the beginning of a hello
  }
  EXPECT_TRUE(is_ok(curl(fmt::format("https://127.0.0.1:{}/-/healthy", server.admin_port()),
                         {"--cacert", certificates.path("ca.crt")})));
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace weir::e2e
