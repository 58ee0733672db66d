package CRM::Bench::Leads;

# Leads to measure with: the same ones for the same numbers.  People, firms
# and things have names made of syllables, few of them common and most of them
# rare, every third lead's in Persian.  Two words that many share: "maryam"
# (5 % of all leads) and "company" (12 %).

use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8);
use Exporter qw(import);
use POSIX ();
use Time::HiRes qw(time);

our @EXPORT_OK = qw(load leads_batch);

my @LATIN   = qw(ka mo ri shah la ben to mar ni sa du el fa gor hi jan ke lu
                 meh na os par ra su ta um var win yas zo);
my @PERSIAN = qw(کا مو ری شه لا بن تو مار نی سا دو ال فا گر هی جان که لو مه نا
                 اس پار را سو تا ام ور وین یاس زو);
my @KIND    = qw(Company Trading Industries Group Engineering Services Foods
                 Logistics);
my @WANT    = ('Offer for', 'Visit about', 'Renewal of', 'Order of',
               'Question on');
my %memo;


# The n-th word of a kind, of three syllables.  Coprime steps keep words apart
# that are neighbours.

sub word {
    my ($n, $syllables) = @_;

    my $k = ($n * 7919 + 13) % 27_000;

    return join '', @$syllables[$k % 30, int($k / 30) % 30, int($k / 900)];
}


# few are common, most are rare: the square of an evenly spread fraction

sub rank {
    my ($n, $step, $count) = @_;

    my $u = ($n * $step) % 99_991 / 99_991;

    return int($count * $u * $u);
}


sub person {
    my ($n, $syllables) = @_;

    my $given  = rank($n, 61_403, 400);
    my $family = rank($n, 30_011, 4000);

    return ($given ? $memo{"g$given$syllables->[0]"}
                         //= ucfirst word($given, $syllables) : 'Maryam',
            $memo{"f$family$syllables->[0]"}
                //= ucfirst word(400 + $family, $syllables));
}


sub lead {
    my ($n, $stage) = @_;

    my $own = $n % 3 ? \@LATIN : \@PERSIAN;
    my ($given, $family) = person($n, $own);
    my @latin = map { lc } person($n, \@LATIN);
    my $firm  = rank($n, 77_003, 20_000);
    my $thing = word(8000 + rank($n, 45_007, 300), $own);
    my $where = word(9000 + rank($n, 5_003, 60), $own);

    return sprintf '{"op":"create","body":{"name":"%s %s %d","stage_id":%d,'
        . '"contact_name":"%s %s","company_name":"%s %s","email":"%s.%s%d@%s'
        . '.example","phone":"+98 912 %07d","city":"%s","country":"%s",'
        . '"description":"Wants an offer with delivery times.",'
        . '"expected_revenue":%d,"priority":%d,"source":"%s"}}',
        $WANT[ $n % 5 ], $thing, $n, $stage, $given, $family,
        ucfirst(word(5000 + $firm, $own)), $KIND[ $n / 7 % 8 ], @latin, $n,
        word(5000 + $firm, \@LATIN), $n % 10_000_000, ucfirst $where,
        (qw(IR DE FR US))[ $n / 4 % 4 ], 1000 * ($n % 977), $n % 4,
        (qw(Website Fair Referral))[ $n % 3 ];
}


# the body of a batch of leads with these numbers, spread over the stages

sub leads_batch {
    my ($stages, $from, $to) = @_;

    return encode_utf8('{"operations":['
        . join(',', map { lead($_, $stages->[ $_ % @$stages ]) } $from .. $to)
        . ']}');
}


# Leads up to a number, by several processes with batches of 500.  Returns how
# many a second.

sub load {
    my ($crm, $from, $to, $stages) = @_;

    my $begun = time;
    my $width = 6;
    my @pids;

    for my $part (0 .. $width - 1) {
        my $pid = fork // die "fork: $!\n";

        push @pids, $pid;
        next if $pid;

        for (my $n = $from + 500 * $part; $n <= $to; $n += 500 * $width) {
            my $last = $n + 499 > $to ? $to : $n + 499;
            my $body = leads_batch($stages, $n, $last);
            my $text = $crm->server->raw("POST /crm/v1/leads/batch HTTP/1.1"
                . "\r\nHost: " . $crm->slug . ".localhost\r\nAuthorization: "
                . "Bearer " . $crm->token . "\r\nContent-Type: application/json"
                . "\r\nConnection: close\r\nContent-Length: "
                . length($body) . "\r\n\r\n$body", 60);

            if ($text !~ /"failed":0,/) {
                print STDERR substr($text, 0, 600), "\n";
                POSIX::_exit(1);
            }
        }

        POSIX::_exit(0);
    }

    for my $pid (@pids) {
        waitpid $pid, 0;
        die "a batch failed\n" if $?;
    }

    return ($to - $from + 1) / (time - $begun);
}


1;
