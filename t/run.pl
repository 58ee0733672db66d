#!/usr/bin/perl
#
# Runs the black-box tests against one nginx and one Redis that they share.
#
#   t/run.pl [FILE.t ...]
#
# CRM_MODULE names the module, CRM_SANITIZE=1 says that it was built with
# AddressSanitizer.  Fails also for what the error log or a sanitizer reports.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/..') }

use lib "$top/t/lib";
use CRM::Server;
use TAP::Harness;

chdir $top or die "$top: $!\n";

my @files = @ARGV ? @ARGV : glob 't/*.t t/crash/mixed.t';

local $SIG{INT} = local $SIG{TERM} = sub { exit 130 };

my $server = CRM::Server->new;
$server->share;
$ENV{CRM_TEST_SERVER} = $server->dir;

my $harness = TAP::Harness->new({
    jobs  => 2,
    timer => 1,
    lib   => ["$top/t/lib"],
});

my $results = $harness->runtests(@files);
my $passed  = $results->passed;
my $failed  = $results->failed;

# a file can also end too early, or with another exit code
$failed ||= $results->has_problems ? 1 : 0;

if (!$server->finish) {
    print "The error log or a sanitizer has something to say: see above.\n";
    $failed++;
}

if (my $counts = $ENV{CRM_UNIT_COUNTS}) {
    my ($more, $worse) = split ' ', CRM::Server::slurp($counts);
    $passed += $more;
    $failed += $worse;
}

print "$passed passed, $failed failed\n";
exit($failed ? 1 : 0);
