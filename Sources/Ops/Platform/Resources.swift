/// What each replica reserves and may use at most.
struct Resources: Sendable, Equatable {
  /// Processor and memory; nil where nothing is said.
  struct Amounts: Sendable, Equatable {
    let processor: Quantity?
    let memory: Quantity?
  }

  let requests: Amounts
  let limits: Amounts
}

/// What counts in a cluster where nothing is said, in words; what it is has the chart.
struct ResourceWords: Sendable {
  let requestedProcessor: String
  let requestedMemory: String
  let memoryMax: String

  /// Of the service.
  static let ofService: ResourceWords = {
    let chart = ResourceValues.defaults
    func words(_ amount: Quantity?) -> String { "\(amount?.text ?? "") in a cluster" }
    return ResourceWords(
      requestedProcessor: words(chart?.requests.processor),
      requestedMemory: words(chart?.requests.memory), memoryMax: words(chart?.limits.memory))
  }()

  /// Of PostgreSQL, where it is run here.
  static let ofDatabase: ResourceWords = {
    let chart = DatabaseResourceValues.defaults
    return ResourceWords(
      requestedProcessor: chart?.requests.processor.text ?? "",
      requestedMemory: chart?.requests.memory.text ?? "", memoryMax: "what is requested")
  }()
}

extension FieldType where Value == Resources {
  /// What each replica of the service, or each server of the database, needs.
  static func resources(_ words: ResourceWords) -> FieldType {
    .object { object in
      let requests = object.object(
        "requests", .amounts(words.requestedProcessor, words.requestedMemory),
        "What the scheduler reserves for each replica.")
      let limits = object.object(
        "limits", .amounts(nil, words.memoryMax),
        "Where a replica is throttled (cpu) or killed (memory).")
      guard let requests, let limits else { return nil }
      return Resources(requests: requests, limits: limits)
    }
  }
}

extension FieldType where Value == Resources.Amounts {
  fileprivate static func amounts(_ processor: String?, _ memory: String) -> FieldType {
    .object { object in
      Resources.Amounts(
        processor: object.optional(
          "cpu", .processor, "Processor time.", defaultWords: processor, example: "100m"),
        memory: object.optional(
          "memory", .bytes, "Memory of the process.", defaultWords: memory, example: "128Mi"))
    }
  }
}
