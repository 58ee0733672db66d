#!/usr/bin/perl
#
# Creates the demo tenant and fills it through the HTTP API.
#
#   conf/demo/load.pl --url http://127.0.0.1:8080 --data DATA_DIR
#
# Needs DATA_DIR/operator.key, writes DATA_DIR/demo.token.  Waits until nginx
# and Redis answer.  Everything is looked up by name before it is created, so
# that a run after a crash adds what is missing; a mark beside Redis' files
# says that nothing is.  Perl without further packages.

use strict;
use warnings;
use utf8;

use Fcntl qw(O_CREAT O_TRUNC O_WRONLY);
use File::Basename qw(dirname);
use Getopt::Long;
use HTTP::Tiny;
use JSON::PP;
use POSIX qw(strftime);
use Time::HiRes qw(sleep time);

require(dirname(__FILE__) . '/data.pl');

binmode STDOUT, ':encoding(UTF-8)';
binmode STDERR, ':encoding(UTF-8)';

GetOptions(
    'url=s'  => \my $url,
    'data=s' => \my $data,
) or die "usage: load.pl --url URL --data DIRECTORY\n";

# Kept alive, a connection would wait 40 ms for an acknowledgement between the
# header and the body, which HTTP::Tiny writes apart.
my $http = HTTP::Tiny->new(timeout => 30, max_redirect => 0, keep_alive => 0);
my $json = JSON::PP->new->utf8->canonical;

my $operator_key = slurp("$data/operator.key");
my $token;

wait_until_ready(60);

$token = demo_token("$data/demo.token");

my $mark = "$data/data/demo.loaded";

if (!-e $mark) {
    print "Loading the demo tenant ...\n";
    load();
    write_file($mark, 0644, '');
}


# ---- HTTP ----------------------------------------------------------------

sub request {
    my ($method, $path, $body, $bearer) = @_;

    my %options = (headers => { Authorization => "Bearer $bearer" });

    if (defined $body) {
        $options{headers}{'Content-Type'} = 'application/json';
        $options{content} = $json->encode($body);
    }

    my $res = $http->request($method, "$url$path", \%options);
    my $type = $res->{headers}{'content-type'} // '';

    $res->{json} = $json->decode($res->{content})
        if $type =~ m{^application/(problem\+)?json}
        && length $res->{content};

    return $res;
}


sub operator {
    my ($method, $path, $body) = @_;

    return request($method, "/operator/v1$path", $body, $operator_key);
}


# dies unless it succeeds: nothing that the demo asks for may be refused

sub api {
    my ($method, $path, $body) = @_;

    my $res = request($method, "/crm/v1$path", $body, $token);

    die "load.pl: $method $path: $res->{status} $res->{content}\n"
        unless $res->{success};

    return $res->{json};
}


sub wait_until_ready {
    my ($seconds) = @_;

    my $res;
    my $end = time + $seconds;

    do {
        $res = operator('GET', '/health/ready');
        return if $res->{status} == 200;
        sleep 0.05;
    } while (time < $end);

    die "load.pl: $url/operator/v1/health/ready: $res->{status}"
        . " $res->{content}\n";
}


# ---- the tenant and its token --------------------------------------------

sub demo_token {
    my ($file) = @_;

    if (-s $file) {
        my $stored = slurp($file);
        return $stored
            if request('GET', '/crm/v1/me', undef, $stored)->{status} == 200;
    }

    my %tenant = CRM::Demo::tenant();

    my $res = operator('POST', '/tenants', \%tenant);

    # made before, its token lost
    $res = operator('POST', "/tenants/$tenant{slug}/tokens",
                    { email => $tenant{admin}{email} })
        if $res->{status} == 409 || $res->{status} == 422;

    my $new = $res->{json}{token};

    die "load.pl: no token for the demo tenant: $res->{status}"
        . " $res->{content}\n"
        unless $res->{success} && defined $new;

    write_file($file, 0600, "$new\n");

    return $new;
}


# ---- loading -------------------------------------------------------------

sub load {
    my %users    = ensure('/users', 'email', CRM::Demo::users());
    my %teams    = ensure('/teams', 'name', CRM::Demo::teams(\%users));
    my %stages   = ensure('/stages', 'name', CRM::Demo::stages());
    my %tags     = ensure('/tags', 'name', CRM::Demo::tags());
    my %reasons  = ensure('/lost-reasons', 'name', CRM::Demo::reasons());
    my %contacts = ensure('/contacts', 'name', CRM::Demo::companies());

    %contacts = (%contacts, ensure('/contacts', 'name',
                 CRM::Demo::people(\%contacts)));

    my @leads = CRM::Demo::leads({
        users    => \%users,    teams   => \%teams,  stages => \%stages,
        tags     => \%tags,     reasons => \%reasons,
        contacts => \%contacts, day     => \&day,
    });

    my %have = ensure('/leads', 'name', map { $_->{lead} } @leads);

    for my $lead (@leads) {
        advance($have{ $lead->{lead}{name} }, $lead);
    }

    plan_and_quote(map { $have{ $_->{lead}{name} }{id} } @leads);
}


# The list of a kind's objects by a field that names them, the missing ones
# created.

sub ensure {
    my ($path, $field, @wanted) = @_;

    my %have;
    my $cursor;

    do {
        my $page = api('GET', "$path?limit=1000"
                       . ($path =~ /leads$|users|contacts/ ? '&active=any' : '')
                       . (defined $cursor ? "&cursor=$cursor" : ''));
        $have{ $_->{$field} } = $_ for @{ $page->{data} };
        $cursor = $page->{next_cursor};
    } while (defined $cursor);

    for my $object (@wanted) {
        $have{ $object->{$field} } //= api('POST', $path, $object);
    }

    return %have;
}


# from open, where a lead begins, to where the data wants it

sub advance {
    my ($lead, $plan) = @_;

    return unless $lead->{state} eq 'open' && $lead->{active};

    my $path = "/leads/$lead->{id}";

    if ($plan->{note} && $lead->{version} == 1) {
        api('POST', "$path/messages", { body => $plan->{note} });
    }

    if ($plan->{end} eq 'won') {
        api('POST', "$path/won", {});

    } elsif ($plan->{end} eq 'lost') {
        api('POST', "$path/lost", {
            lost_reason_id => $plan->{lost_reason_id},
            note           => $plan->{lost_note},
        });

    } elsif (defined $plan->{stage_id}
             && $plan->{stage_id} != $lead->{stage_id})
    {
        api('POST', "$path/move", { stage_id => $plan->{stage_id} });
    }
}


# some activities, late ones among them, and offers in every state

sub plan_and_quote {
    my (@ids) = @_;

    my @types  = @{ api('GET', '/activity-types')->{data} };
    my %quoted = map { $_->{lead_id} => 1 }
                 @{ api('GET', '/orders?limit=1000&fields=lead_id')->{data} };

    for my $i (grep { $_ % 3 == 0 } 0 .. $#ids) {
        my $lead = api('GET', "/leads/$ids[$i]");

        next unless $lead->{active};

        if ($lead->{state} eq 'open' && !$lead->{next_activity}) {
            api('POST', "/leads/$lead->{id}/activities", {
                type_id  => $types[$i % @types]{id},
                due_date => day($i % 11 - 3),
                user_id  => $lead->{user_id},
            });
        }

        quote($lead, $i) if $lead->{expected_revenue} && $i % 2
                            && !$quoted{ $lead->{id} };
    }
}


sub quote {
    my ($lead, $i) = @_;

    my $order = api('POST', '/orders', {
        lead_id     => $lead->{id},
        valid_until => day($i % 40 - 5),
        lines       => [
            { description => $lead->{name},
              unit_price  => int $lead->{expected_revenue} * 0.9 },
            { description => 'Delivery', quantity => 1.5, unit_price => 9900,
              discount    => 10 },
        ],
    });

    my $action = $lead->{state} eq 'won' ? 'confirm' : $i % 4 > 1 ? 'send'
                                                                  : undef;

    api('POST', "/orders/$order->{id}/$action", {}) if defined $action;
}


sub day {
    my ($offset) = @_;

    return strftime('%Y-%m-%d', gmtime(time + 86400 * $offset));
}


# ---- files ---------------------------------------------------------------

sub slurp {
    my ($file) = @_;

    open my $fh, '<', $file or die "load.pl: $file: $!\n";
    my $text = do { local $/; <$fh> };
    $text =~ s/\s+\z//;

    return $text;
}


sub write_file {
    my ($file, $mode, $text) = @_;

    sysopen my $fh, "$file.new", O_WRONLY | O_CREAT | O_TRUNC, $mode
        or die "load.pl: $file.new: $!\n";
    print {$fh} $text;
    close $fh or die "load.pl: $file.new: $!\n";

    rename "$file.new", $file or die "load.pl: $file: $!\n";
}
