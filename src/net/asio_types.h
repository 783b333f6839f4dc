// The Asio types of this layer: concrete executors throughout, so that no operation goes through a type-erased one.
// Included by src/net only; Asio must never show in a public header.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>

namespace weir {

namespace asio = boost::asio;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;
/// A connected socket, TCP or unix.
using Socket = asio::generic::stream_protocol::socket::rebind_executor<Executor>::other;
using StreamDescriptor = asio::posix::basic_stream_descriptor<Executor>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;

}  // namespace weir
