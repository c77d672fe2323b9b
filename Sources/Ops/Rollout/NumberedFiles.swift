import POSIX

/// What a folder keeps of rollouts: files or folders, each named by its rollout's number.
struct NumberedFiles: Sendable {
  let folder: String

  /// The numbers, in no order; none where there is no such folder.
  var numbers: [Int] { names.map(\.number) }

  /// Removes all but the newest `count`; what no number names stays.
  func prune(keeping count: Int) throws {
    let newest = Set(numbers.sorted().suffix(count))
    for (name, number) in names where !newest.contains(number) {
      try File.removeTree("\(folder)/\(name)")
    }
  }

  private var names: [(name: String, number: Int)] {
    let all = (try? File.list(folder)) ?? []
    return all.compactMap { name in Int(name.prefix { $0 != "." }).map { (name, $0) } }
  }
}
