// AvilaDB's HTTP face: the table of its routes. Domain work blocks, so it runs on the executor's
// blocking pool; point reads, which a cache mostly answers, run at once.
#pragma once

namespace avila::web {
class Router;
}

namespace avila::aviladb {

class Service;

/// Adds every route below /v1. The service outlives the router.
void add_routes(web::Router& router, Service& service);

}  // namespace avila::aviladb
