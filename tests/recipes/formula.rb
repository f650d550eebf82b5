# Runs the installation of Homebrew's formula, with the parts of its interface that the formula uses.
#
# usage: ruby formula.rb FORMULA SOURCE PREFIX
formula, source, prefix = ARGV

require "pathname"

class Formula
  class << self
    attr_reader :fields

    def method_missing(name, *values, **options)
      (@fields ||= {})[name] = values.first || options
    end

    def respond_to_missing?(*)
      true
    end

    # The block is run by `brew test` only.
    def test; end
  end

  attr_reader :prefix

  def initialize(prefix)
    @prefix = Pathname(prefix)
  end

  def man = prefix/"share/man"
  def doc = prefix/"share/doc/rs2n"
  def zsh_completion = prefix/"share/zsh/site-functions"

  def system(*command)
    raise "#{command} failed" unless Kernel.system(*command)
  end
end

load formula
required = %i[desc homepage url sha256 license]
missing = required - Rs2n.fields.keys
raise "without #{missing}" unless missing.empty?
raise "checksum" unless /\A\h{64}\z/.match?(Rs2n.fields[:sha256])

Dir.chdir(source)
Rs2n.new(prefix).install
