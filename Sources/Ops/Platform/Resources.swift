/// What each replica reserves and may use at most.
struct Resources: Sendable, Equatable, PlatformObject {
  /// Processor and memory; nil where nothing is said.
  struct Amounts: Sendable, Equatable, PlatformObject {
    let processor: Quantity?
    let memory: Quantity?

    init?(_ object: inout ObjectReader) {
      processor = object.optional("cpu", .processor, "Processor time.", example: "100m")
      memory = object.optional("memory", .bytes, "Memory of the process.", example: "128Mi")
    }
  }

  let requests: Amounts?
  let limits: Amounts?

  init?(_ object: inout ObjectReader) {
    requests = object.object(
      "requests", Amounts.self, "What the scheduler reserves for each replica.")
    limits = object.object(
      "limits", Amounts.self, "Where a replica is throttled (cpu) or killed (memory).")
  }
}
