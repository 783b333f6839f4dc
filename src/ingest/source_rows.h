// The start functions of THE source table's rows; each is defined beside its source.
#pragma once

#include <memory>

#include "weir/ingest/source.h"

namespace weir {

Result<std::unique_ptr<Source>> start_http_source(const SourceOptions& options, const SourceContext& context);
Result<std::unique_ptr<Source>> start_tcp_source(const SourceOptions& options, const SourceContext& context);
Result<std::unique_ptr<Source>> start_unix_source(const SourceOptions& options, const SourceContext& context);
Result<std::unique_ptr<Source>> start_stdin_source(const SourceOptions& options, const SourceContext& context);
Result<std::unique_ptr<Source>> start_syslog_source(const SourceOptions& options, const SourceContext& context);
Result<std::unique_ptr<Source>> start_tail_source(const SourceOptions& options, const SourceContext& context);

}  // namespace weir
