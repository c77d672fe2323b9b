@main
struct Ops {
  static func main() {}
}
