#include <avila/lsm/db.hpp>

#include <memory>
#include "engine.hpp"

namespace avila::lsm {

Snapshot::Snapshot(Snapshot&& other) noexcept : engine_(other.engine_), sequence_(other.sequence_) {
  other.engine_ = nullptr;
}
Snapshot& Snapshot::operator=(Snapshot&& other) noexcept {
  std::swap(engine_, other.engine_);
  std::swap(sequence_, other.sequence_);
  return *this;
}
Snapshot::~Snapshot() {
  if (engine_ != nullptr) engine_->release(sequence_);
}

Db::Db(std::unique_ptr<detail::Engine> engine) : engine_(std::move(engine)) {}
Db::~Db() { (void)engine_->close(); }  // whoever wants the outcome calls close()

Result<std::unique_ptr<Db>> Db::open(os::FileSystem& file_system, const std::string& path,
                                     Options options) {
  auto engine = std::make_unique<detail::Engine>(file_system, path, std::move(options));
  AVILA_TRY_VOID(engine->open().context("open store " + path));
  return std::unique_ptr<Db>(new Db(std::move(engine)));
}

namespace {
/// One batch a thread for single writes: its memory is used again.
WriteBatch& scratch_batch() {
  thread_local WriteBatch batch;
  if (batch.size_bytes() > (1U << 20)) batch = {};  // one large value does not stay for good
  batch.clear();
  return batch;
}
}  // namespace

Result<void> Db::put(std::string_view key, std::string_view value, WriteOptions options) {
  WriteBatch& batch = scratch_batch();
  if (options.ttl.ns > 0)
    batch.put_until(key, value, engine_->wall() + options.ttl, options.family);
  else
    batch.put(key, value, options.family);
  return engine_->write(batch, options);
}
Result<void> Db::erase(std::string_view key, WriteOptions options) {
  WriteBatch& batch = scratch_batch();
  batch.erase(key, options.family);
  return engine_->write(batch, options);
}
Result<void> Db::merge(std::string_view key, std::string_view operand, WriteOptions options) {
  WriteBatch& batch = scratch_batch();
  batch.merge(key, operand, options.family);
  return engine_->write(batch, options);
}
Result<void> Db::erase_range(std::string_view begin, std::string_view end, WriteOptions options) {
  WriteBatch& batch = scratch_batch();
  batch.erase_range(begin, end, options.family);
  return engine_->write(batch, options);
}
Result<void> Db::write(const WriteBatch& batch, WriteOptions options) {
  return engine_->write(batch, options);
}
Result<bool> Db::get(std::string_view key, std::string& value, const ReadOptions& options) {
  return engine_->get(key, value, options);
}
std::unique_ptr<Iterator> Db::iterate(const ReadOptions& options) {
  return engine_->iterate(options);
}
Snapshot Db::snapshot() { return engine_->snapshot(); }
Result<ColumnFamily*> Db::create_column_family(const std::string& name, CfOptions options) {
  return engine_->create_family(name, options);
}
ColumnFamily* Db::column_family(std::string_view name) { return engine_->family(name); }
std::vector<ColumnFamily*> Db::column_families() { return engine_->families(); }
Result<void> Db::drop_column_family(ColumnFamily* family) { return engine_->drop_family(family); }
Result<void> Db::flush() { return engine_->flush(); }
Result<void> Db::sync() { return engine_->sync(); }
Result<void> Db::compact_range(std::string_view begin, std::string_view end, ColumnFamily* family) {
  return engine_->compact_range(begin, end, family);
}
Result<void> Db::wait_for_background() { return engine_->wait_for_background(); }
Result<void> Db::checkpoint(const std::string& path) { return engine_->checkpoint(path); }
Result<void> Db::verify() { return engine_->verify(); }
Stats Db::stats() { return engine_->stats(); }
std::uint64_t Db::approximate_size(std::string_view begin, std::string_view end,
                                   ColumnFamily* family) {
  return engine_->approximate_size(begin, end, family);
}
Result<void> Db::close() { return engine_->close(); }

}  // namespace avila::lsm
