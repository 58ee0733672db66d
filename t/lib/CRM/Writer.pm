package CRM::Writer;

# Somebody who works without a pause and remembers what was acknowledged.
#
# An operation that fails (no answer, 5xx) is either repeated until it is
# acknowledged, under its Idempotency-Key where it has one, or given up: then
# both outcomes are right, but nothing in between.  verify() reads everything
# back while the writer rests.

use strict;
use warnings;

use Mojo::IOLoop;
use Time::HiRes qw(time);

my $serial = 0;


# Arguments: client (CRM::Client), stages (ids), type (an activity type), note
# (a sub that is told end, status, seconds and route of each request).

sub new {
    my ($class, %self) = @_;

    return bless {
        %self,
        name    => 'w' . ++$serial,
        made    => {},          # name of a lead => id, acknowledged
        maybe   => {},          # names that may or may not be there
        faults  => [],
        later   => [],          # [when, operation]
        count   => 0,
        resting => 1,
    }, $class;
}


sub work {
    my ($self) = @_;

    $self->{stop} = $self->{resting} = 0;
    $self->step;
}


sub rest    { $_[0]{stop} = 1 }
sub resting { return $_[0]{resting} }


# faults since the last call

sub faults {
    my ($self) = @_;

    return splice @{ $self->{faults} };
}


sub fault {
    my ($self, $text) = @_;

    push @{ $self->{faults} }, "$self->{name}: $text";
}


# ---- what it does --------------------------------------------------------

sub step {
    my ($self) = @_;

    if ($self->{stop}) {
        $self->{resting} = 1;
        return;
    }

    # a batch whose worker died holds its key for 10 s

    if (@{ $self->{later} } && $self->{later}[0][0] < time) {
        return $self->attempt((shift @{ $self->{later} })->[1]);
    }

    my $lead = $self->{lead};
    my @some = $lead ? qw(create patch patch note move lose activity batch read
                          read board search)
                     : qw(own);
    my $name = "do_$some[rand @some]";

    $self->attempt($self->$name($lead));
}


# request [method, path, options], done(json, status), lost(), ok { status }

sub attempt {
    my ($self, $op) = @_;

    my ($method, $path, $options) = @{ $op->{request} };

    $op->{give_up} //= $op->{lost} && rand() < 0.3;

    my %headers = (rand() < 0.1 ? (Connection => 'close') : (),
                   $op->{key} ? ('Idempotency-Key' => $op->{key}) : ());
    my $client = $self->{client};
    my $tx = $client->tx($method, "/crm/v1$path", {
        token => $client->token, %{ $options // {} }, headers => \%headers,
    });
    my $begun = time;

    $client->{ua}->start($tx => sub {
        my $res = $tx->res;
        my $status = $tx->error && !$tx->error->{code} ? 0 : $res->code // 0;

        $self->{count}++;
        $self->{note}->(time, $status, time - $begun,
                       "$method " . $path =~ s/\?.*//r =~ s/\d+/{id}/gr);
        $self->take($op, $status, $res);
    });
}


sub take {
    my ($self, $op, $status, $res) = @_;

    if ($status == 0 || $status >= 500) {
        $op->{unsure} = 1;

        if ($op->{give_up}) {
            $op->{lost}->();
            Mojo::IOLoop->timer(0.02 => sub { $self->step });
        } else {
            Mojo::IOLoop->timer(0.02 => sub { $self->attempt($op) });
        }
        return;
    }

    # what was done before its answer was lost cannot be done again
    my $again = $op->{unsure} && $status == 409 && $op->{once};

    if ($status =~ /^2/ || $again) {
        $op->{done}->($again ? undef : $res->json);
    } elsif ($op->{unsure} && $op->{key} && $status == 409) {
        $op->{lost}->() if $op->{lost};
        push @{ $self->{later} }, [ time + 10, $op ];
    } else {
        $self->fault("@{ $op->{request} }[0, 1]: $status " . $res->body);
    }

    Mojo::IOLoop->next_tick(sub { $self->step });
}


sub unique { return $_[0]{name} . '-' . ++$_[0]{last} }


# a record whose fields must all be of one mind

sub fields {
    my ($n) = @_;

    return (city => "city $n", description => "text $n",
            expected_revenue => $n);
}


# a lead that only this writer changes

sub do_own {
    my ($self) = @_;

    my $name = $self->unique;

    return {
        request => [ POST => '/leads', { json => {
            name => $name, stage_id => $self->{stages}[0], fields(1) } } ],
        key  => $name,
        done => sub {
            my ($lead) = @_;

            $self->{made}{$name} = $lead->{id};
            $self->{lead} = {
                id => $lead->{id}, n => 1, next => 1, maybe => {}, note => {},
                stage => { $self->{stages}[0] => 1 }, state => { open => 1 },
                act => {},
            };
        },
    };
}


sub do_create {
    my ($self) = @_;

    my $name = $self->unique;

    return {
        request => [ POST => '/leads', { json => { name => $name,
                                                   fields(7) } } ],
        key  => $name,
        lost => sub { $self->{maybe}{$name} = 1 },
        done => sub { $self->{made}{$name} = $_[0]{id} },
    } if rand() < 0.7;

    return {                            # without a key: never repeated
        request => [ POST => '/leads', { json => { name => $name,
                                                   fields(7) } } ],
        give_up => 1,
        lost => sub { $self->{maybe}{$name} = 1 },
        done => sub { $self->{made}{$name} = $_[0]{id} },
    };
}


sub do_batch {
    my ($self) = @_;

    my @names = map { $self->unique } 1 .. 5;

    return {
        request => [ POST => '/leads/batch', { json => { operations => [
            map { { op => 'create', body => { name => $_, fields(7) } } }
                @names ] } } ],
        key  => $names[0],
        lost => sub { $self->{maybe}{$_} = 1 for @names },
        done => sub {
            my ($json) = @_;

            for my $n (0 .. $#names) {
                my $result = $json->{results}[$n];

                if ($result->{status} == 201 || $result->{status} == 200) {
                    $self->{made}{ $names[$n] } = $result->{id};
                } else {
                    $self->{maybe}{ $names[$n] } = 1;
                    $self->fault("batch: $result->{status}")
                        if $result->{status} < 500;
                }
            }
        },
    };
}


sub do_patch {
    my ($self, $lead) = @_;

    my $n = ++$lead->{next};

    return {
        request => [ PATCH => "/leads/$lead->{id}", { json => { fields($n) } } ],
        lost => sub { $lead->{maybe}{$n} = 1 },
        done => sub { $lead->{n} = $n; $lead->{maybe} = {} },
    };
}


sub do_note {
    my ($self, $lead) = @_;

    my $text = 'note ' . $self->unique;

    return {
        request => [ POST => "/leads/$lead->{id}/messages",
                     { json => { body => $text } } ],
        key  => $text,
        lost => sub { $lead->{note}{$text} = 'maybe' },
        done => sub { $lead->{note}{$text} = 'made' },
    };
}


sub do_move {
    my ($self, $lead) = @_;

    my $stage = $self->{stages}[ rand @{ $self->{stages} } ];

    return $self->do_read($lead) if !$lead->{state}{open}
                                    || keys %{ $lead->{state} } > 1;

    return {
        request => [ POST => "/leads/$lead->{id}/move",
                     { json => { stage_id => $stage } } ],
        lost => sub { $lead->{stage}{$stage} = 1 },
        done => sub { $lead->{stage} = { $stage => 1 } },
    };
}


# lost and back

sub do_lose {
    my ($self, $lead) = @_;

    my $to = $lead->{state}{open} ? 'lost' : 'open';

    return {
        request => [ POST => "/leads/$lead->{id}/"
                     . ($to eq 'lost' ? 'lost' : 'restore') ],
        once => 1,
        done => sub {
            $lead->{state} = { $to => 1 };
            for (grep { $_->{open} } values %{ $lead->{act} }) {
                $_->{cancelled} = 1 if $to eq 'lost';
            }
        },
    };
}


# planned, or an open one completed

sub do_activity {
    my ($self, $lead) = @_;

    my ($open) = grep { $_->{id} && $_->{open} && !$_->{cancelled} }
                 values %{ $lead->{act} };

    return {
        request => [ POST => "/activities/$open->{id}/done",
                     { json => { feedback => "done $open->{id}" } } ],
        once => 1,
        lost => sub { $open->{open} = 0; $open->{maybe} = 1 },
        done => sub { $open->{open} = 0; $open->{done} = 1 },
    } if $open;

    return $self->do_note($lead) if !$lead->{state}{open};

    my $summary = 'act ' . $self->unique;

    return {
        request => [ POST => "/leads/$lead->{id}/activities",
                     { json => { type_id => $self->{type},
                                 summary => $summary } } ],
        key  => $summary,
        lost => sub { $lead->{act}{$summary} = { maybe_there => 1 } },
        done => sub { $lead->{act}{$summary} = { id => $_[0]{id}, open => 1 } },
    };
}


# what was acknowledged is read, at once and in every worker

sub do_read {
    my ($self, $lead) = @_;

    return {
        request => [ GET => "/leads/$lead->{id}" ],
        done    => sub { $self->agree($lead, $_[0]) },
    };
}


sub do_board  { return { request => [ GET => '/board?limit=5' ],
                         done => sub { } } }
sub do_search { return { request => [ GET => "/leads?q=$_[0]{name}&limit=5" ],
                         done => sub { } } }


# ---- what must be true ---------------------------------------------------

# the lead as read against what is known of it

sub agree {
    my ($self, $lead, $got) = @_;

    my $n = $got->{expected_revenue};

    $self->fault("lead $lead->{id}: $n where $lead->{n} was acknowledged")
        if $n != $lead->{n} && !$lead->{maybe}{$n};
    $self->fault("lead $lead->{id} is half of one change, half of another")
        if $got->{city} ne "city $n" || $got->{description} ne "text $n";
    $self->fault("lead $lead->{id}: state $got->{state}")
        if !$lead->{state}{ $got->{state} };
    $self->fault("lead $lead->{id}: stage $got->{stage_id}")
        if !$lead->{stage}{ $got->{stage_id} };
}


# Own lead with its messages and activities; then another becomes its own.

sub verify {
    my ($self) = @_;

    my $lead = delete $self->{lead} or return;
    my $client = $self->{client};
    my $path = "/leads/$lead->{id}";
    my $got = $client->get($path)->json;

    $self->agree($lead, $got);

    my @messages = $self->all("$path/messages");
    my %times;

    $times{ $_->{body} // '' }++ for @messages;

    for my $text (sort keys %{ $lead->{note} }) {
        my $n = $times{$text} // 0;

        $self->fault("\"$text\" ($lead->{note}{$text}): $n times")
            if $n > 1 || $n == 0 && $lead->{note}{$text} eq 'made';
    }

    # each version has its log message, each completion its own
    my $logs = grep { $_->{kind} eq 'log' } @messages;
    my $done = grep { $_->{kind} eq 'activity' } @messages;

    $self->fault("lead $lead->{id}: version $got->{version}, $logs changes")
        if $got->{version} != $logs + 1;

    $self->verify_activities($lead, $done);
}


sub verify_activities {
    my ($self, $lead, $done) = @_;

    my %there;

    push @{ $there{ $_->{summary} // '' } }, $_
        for $self->all("/leads/$lead->{id}/activities?"
                       . 'state=overdue,today,planned,done,cancelled');

    my @done = grep { $_->{state} eq 'done' } map { @$_ } values %there;

    $self->fault("lead $lead->{id}: $done messages, " . @done . ' done')
        if $done != @done;

    for my $summary (sort keys %{ $lead->{act} }) {
        my $known = $lead->{act}{$summary};
        my @got   = @{ $there{$summary} // [] };
        my $state = @got ? $got[0]{state} : 'nowhere';

        $self->fault("\"$summary\": " . @got . ' times')
            if @got > 1 || !@got && !$known->{maybe_there};
        $self->fault("\"$summary\": $state, but was acknowledged as done")
            if $known->{done} && $state ne 'done';
        $self->fault("\"$summary\": done by nobody")
            if $state eq 'done' && !$known->{done} && !$known->{maybe};
    }
}


# every page of a list

sub all {
    my ($self, $path) = @_;

    my (@all, $cursor);

    do {
        my $res = $self->{client}->get($path, query => {
            limit => 1000, defined $cursor ? (cursor => $cursor) : () });

        die "$path: " . $res->describe if $res->status != 200;
        push @all, @{ $res->json->{data} };
        $cursor = $res->json->{next_cursor};
    } while (defined $cursor);

    return @all;
}


1;
