import Core
import POSIX

/// Threads that write the parts of one upload.
final class PartCrew: Sendable {
  /// A part to be written.
  private struct Job: Sendable {
    let number: Int
    let body: PartBody
  }

  private struct State {
    var parts: [UploadedPart] = []
    var failure: PartUploader.Failure?
    var threads = 0
  }

  private let storage: any ObjectStorage
  private let upload: Upload
  private let size: Int
  private let progress: @Sendable (Int64) -> Void
  private let state = Guarded(State())
  private let jobs: BoundedQueue<Job>
  /// One entry for each part on its way; full when no other may be.
  private let slots: BoundedQueue<Int>
  private let ended: BoundedQueue<Bool>

  init(
    _ storage: any ObjectStorage, _ upload: Upload, _ size: Int,
    _ progress: @escaping @Sendable (Int64) -> Void
  ) {
    self.storage = storage
    self.upload = upload
    self.size = size
    self.progress = progress
    jobs = BoundedQueue(itemsMax: size)
    slots = BoundedQueue(itemsMax: size)
    ended = BoundedQueue(itemsMax: size)
  }

  /// The first failure, after which nothing is begun.
  var failure: PartUploader.Failure? { state.withLock { $0.failure } }

  /// Starts the threads; fewer than wanted are enough.
  func start() throws(PartUploader.Failure) {
    for _ in 0..<size {
      do throws(SystemError) {
        try WorkThread.detach("part") { self.work() }
        state.withLock { $0.threads += 1 }
      } catch {
        if state.withLock({ $0.threads }) == 0 { throw .source(error) }
        return
      }
    }
  }

  /// Hands over a part as soon as one less is on its way; false once something failed.
  func send(_ number: Int, _ body: PartBody) -> Bool {
    slots.append(number) && jobs.append(Job(number: number, body: body))
  }

  /// Keeps the first failure and lets nothing begin after it.
  func fail(_ error: PartUploader.Failure) {
    state.withLock { if $0.failure == nil { $0.failure = error } }
    slots.close()
    jobs.close()
  }

  /// Waits until no part is on its way; those that are in the store, in their order.
  func finish() -> [UploadedPart] {
    jobs.close()
    for _ in 0..<state.withLock({ $0.threads }) { _ = ended.next() }
    return state.withLock { $0.parts }.sorted { $0.number < $1.number }
  }

  private func work() {
    while let job = jobs.next() {
      // What waits in the queue after a failure is not begun.
      if failure == nil { run(job) }
      _ = slots.next()
    }
    ended.append(true)
  }

  private func run(_ job: Job) {
    do throws(StorageError) {
      let part = try storage.putPart(job.number, job.body, of: upload)
      state.withLock { $0.parts.append(part) }
      progress(part.bytes)
    } catch {
      fail(.storage(error))
    }
  }
}
