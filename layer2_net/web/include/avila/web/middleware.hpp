// Middleware: what runs round a handler.
#pragma once
#include <avila/http/message.hpp>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace avila::web {

using future::Task;
using http::Request;
using http::Response;

class Middleware;
class Endpoint;

/// The rest of the chain: `auto response = co_await next(request);`
class Next {
 public:
  Next(const std::vector<Middleware*>& chain, std::size_t index, Endpoint& endpoint) noexcept
      : chain_(&chain), endpoint_(&endpoint), index_(index) {}
  Task<Response> operator()(Request& request) const;

 private:
  const std::vector<Middleware*>* chain_;
  Endpoint* endpoint_;
  std::size_t index_;
};

/// Called by many connections at once. The request lives until the returned task has ended.
class Middleware {
 public:
  virtual ~Middleware() = default;
  virtual Task<Response> handle(Request& request, Next next) = 0;
};

/// A middleware of a callable `Task<Response>(Request&, Next)`: a coroutine function, or a lambda
/// that calls one (a coroutine lambda must not capture).
template <class F>
class FunctionMiddleware final : public Middleware {
 public:
  explicit FunctionMiddleware(F function) : function_(std::move(function)) {}
  Task<Response> handle(Request& request, Next next) override { return function_(request, next); }

 private:
  F function_;
};

}  // namespace avila::web
