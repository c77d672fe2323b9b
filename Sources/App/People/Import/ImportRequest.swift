/// `app import people FILE`, as it was asked for.
struct ImportRequest: Equatable {
  /// The file's path; `-` is standard input.
  let path: String
  let options: ImportOptions
  /// Whether nothing is done where there are people already.
  let onlyIfEmpty: Bool
  let isJSON: Bool

  /// Reads what follows `import` on the command line.
  init(_ words: inout AppArguments) throws(AppUsageError) {
    var options = ImportOptions()
    let (isReplacing, isAppending) = (words.flag("--replace"), words.flag("--append"))
    options.skipsInvalid = words.flag("--skip-invalid")
    onlyIfEmpty = words.flag("--if-empty")
    isJSON = words.flag("--json")
    if isReplacing, isAppending {
      throw AppUsageError(description: "--replace and --append exclude each other")
    }
    if isReplacing { options.mode = .replace }
    if isAppending { options.mode = .append }
    self.options = options
    guard words.operand() == "people" else {
      throw AppUsageError(description: "what is imported is people: app import people FILE")
    }
    guard let path = words.operand() else {
      throw AppUsageError(description: "'import people' needs a FILE, or - for standard input")
    }
    self.path = path
  }

  /// What messages call the file.
  var name: String { path == "-" ? "standard input" : path }
}
