# The demo tenant's data: a trading company with teams in Tehran and Berlin.
#
# No HTTP here: load.pl asks for each kind in turn and hands in what exists by
# then, so that references become ids.  The same run gives the same records;
# only dates move with the day.

package CRM::Demo;

use strict;
use warnings;
use utf8;

my $LEADS = 360;

my $seed = 20261123;


# a generator of our own: Perl's differs between versions

sub random {
    my ($n) = @_;

    $seed = ($seed * 1103515245 + 12345) & 0x7fffffff;

    return int(($seed >> 8) % $n);
}


sub pick {
    return $_[random(scalar @_)];
}


sub tenant {
    return (
        slug         => 'demo',
        company_name => 'Simorgh Trading / بازرگانی سیمرغ',
        currency     => 'EUR',
        timezone     => 'Asia/Tehran',
        locale       => 'fa',
        admin        => { name  => 'Demo Admin', email => 'admin@demo.example' },
    );
}


sub users {
    return map {
        my ($name, $email, $role, $zone) = @$_;
        { name => $name, email => "$email\@demo.example", role => $role,
          timezone => $zone }
    } (
        ['مریم حسینی',       'maryam', 'manager',     'Asia/Tehran'],
        ['رضا کریمی',        'reza',   'salesperson', 'Asia/Tehran'],
        ['نیلوفر احمدی',     'nilufar', 'salesperson', 'Asia/Tehran'],
        ['Claudia Brandt',   'claudia', 'manager',    'Europe/Berlin'],
        ['Jonas Keller',     'jonas',  'salesperson', 'Europe/Berlin'],
        ['Emily Carter',     'emily',  'salesperson', 'Europe/London'],
    );
}


sub user {
    my ($users, $name) = @_;

    return $users->{"$name\@demo.example"}{id};
}


sub teams {
    my ($users) = @_;

    return (
        {
            name       => 'Iran / فروش ایران',
            user_id    => user($users, 'maryam'),
            member_ids => [ map { user($users, $_) } qw(reza nilufar) ],
            alias      => 'iran',
            color      => 3,
        },
        {
            name       => 'Europe',
            user_id    => user($users, 'claudia'),
            member_ids => [ map { user($users, $_) } qw(jonas emily) ],
            alias      => 'europe',
            color      => 7,
        },
    );
}


# beside the four of every new tenant

sub stages {
    return ({ name => 'Negotiation', sequence => 35, probability => 80,
              rotting_days => 14 });
}


sub tags {
    my $color = 0;

    return map { { name => $_, color => $color++ % 12 } } (
        'VIP', 'Partner', 'Export', 'صادرات', 'مشتری قدیمی', 'Tender',
        'مناقصه', 'Renewal', 'فوری', 'Newsletter',
    );
}


sub reasons {
    return map { { name => $_ } } ('Project cancelled', 'قیمت بالا',
                                   'عدم پاسخ‌گویی');
}


my @companies = (
    # name, city, country, mail domain, phone's beginning
    ['شرکت فولاد البرز',           'تهران',   'IR', 'alborz-steel.example',  '021-8872'],
    ['صنایع غذایی بهار نارنج',      'شیراز',   'IR', 'bahar-food.example',    '071-3628'],
    ['گروه ساختمانی آرمان‌شهر',      'اصفهان',  'IR', 'armanshahr.example',    '031-3661'],
    ['داروسازی مهر سلامت',         'تبریز',   'IR', 'mehrsalamat.example',   '041-3555'],
    ['پخش سراسری کوروش‌نما',        'مشهد',    'IR', 'koroshnama.example',    '051-3768'],
    ['فناوری رایان‌پرداز',           'تهران',   'IR', 'rayanpardaz.example',   '021-6691'],
    ['کشت و صنعت زاگرس',           'اهواز',   'IR', 'zagros-agro.example',   '061-3445'],
    ['هتل‌های زنجیره‌ای ستاره کویر',  'یزد',     'IR', 'setareh-kavir.example', '035-3622'],
    ['Northwind Logistics Ltd',    'Leeds',      'GB', 'northwind-logistics.example', '+44 113 496 0'],
    ['Bergmann & Söhne GmbH',      'Hamburg',    'DE', 'bergmann-soehne.example', '+49 40 3355'],
    ['Atelier Lumière SARL',       'Lyon',       'FR', 'atelier-lumiere.example', '+33 4 72 00 '],
    ['Nordlicht Energie AG',       'Kiel',       'DE', 'nordlicht.example',      '+49 431 990'],
    ['Café Central Roasters',      'Wien',       'AT', 'cafe-central.example',   '+43 1 533 '],
    ['Aegean Marine Supplies SA',  'Piraeus',    'GR', 'aegean-marine.example',  '+30 210 45'],
    ['Øresund Data ApS',           'København',  'DK', 'oresund-data.example',   '+45 33 12 '],
    ['Gulf Crescent Trading LLC',  'Dubai',      'AE', 'gulf-crescent.example',  '+971 4 39'],
);

my @persian_first = (
    'علی', 'زهرا', 'محمد', 'فاطمه', 'حسین', 'سارا', 'مهدی', 'الهام', 'امیر',
    'شیرین', 'کاوه', 'پریسا', 'بهرام', 'لیلا', 'آرش', 'نازنین', 'فرهاد',
    'مینا', 'سیاوش', 'گلناز',
);

my @persian_last = (
    'رضایی', 'محمدی', 'کاظمی', 'موسوی', 'جعفری', 'قاسمی', 'یزدانی', 'صادقی',
    'شریفی', 'نوروزی', 'بهرامی', 'کیانی', 'فراهانی', 'تهرانی', 'اکبری',
    'میرزایی',
);

my @english_first = (
    'James', 'Olivia', 'Lukas', 'Hannah', 'Pierre', 'Chloé', 'Søren', 'Freja',
    'Nikos', 'Eleni', 'Omar', 'Layla', 'Thomas', 'Katharina', 'Daniel',
    'Sophie', 'Marek', 'Ines', 'Robert', 'Grace',
);

my @english_last = (
    'Whitfield', 'Schneider', 'Dubois', 'Jørgensen', 'Papadopoulos', 'Haddad',
    'Fischer', 'Moreau', 'Walker', 'Müller', 'Novák', 'Ferreira', 'Hughes',
    'Lindqvist', 'Becker', 'O’Connor',
);

my @persian_topics = (
    'خرید تجهیزات انبار', 'قرارداد پشتیبانی سالانه', 'تأمین مواد اولیه',
    'نرم‌افزار حسابداری', 'صادرات خشکبار', 'طراحی وب‌سایت', 'مشاورهٔ مالیاتی',
    'سامانهٔ تلفن گویا', 'دوربین مداربسته', 'آموزش کارکنان',
    'تجهیز دفتر مرکزی', 'حمل‌ونقل بین‌المللی', 'بیمهٔ تکمیلی', 'چاپ و بسته‌بندی',
);

my @english_topics = (
    'Warehouse equipment', 'Annual support contract', 'Saffron import',
    'Accounting software', 'Pistachio shipment', 'Website relaunch',
    'Solar panels', 'Phone system', 'Security cameras', 'Staff training',
    'Office fit-out', 'Freight forwarding', 'Packaging line',
    'Carpet collection', 'Coffee machines', 'Fleet tracking',
);

my @persian_notes = (
    'در تماس تلفنی علاقه‌مند بود؛ کاتالوگ فرستاده شد.',
    'منتظر تأیید مدیر مالی است.',
    'جلسهٔ حضوری برای هفتهٔ آینده پیشنهاد شد.',
    'قیمت رقیب را هم گرفته‌اند.',
);

my @english_notes = (
    'Called back, wants a written offer with delivery times.',
    'Decision is with the finance department.',
    'Met at the trade fair, very interested in a pilot.',
    'Compares us with two competitors; price matters.',
);

my @sources = ('Website', 'Trade fair', 'Referral', 'نمایشگاه تهران',
               'Google Ads', 'Instagram', 'تماس تلفنی');

my @mediums = ('Organic', 'Paid', 'Event', 'Phone');

my %persian_digit;
@persian_digit{ 0 .. 9 } = split //, '۰۱۲۳۴۵۶۷۸۹';


sub companies {
    return map {
        my ($name, $city, $country, $domain, $phone) = @$_;
        { name => $name, kind => 'company', city => $city,
          country => $country, website => "https://www.$domain",
          email => "info\@$domain", phone => $phone . '100' }
    } @companies;
}


# one to three people in each company

sub people {
    my ($contacts) = @_;

    my (%seen, @people);

    for my $company (@companies) {
        my ($name, $city, $country, $domain, $phone) = @$company;

        for my $n (1 .. 1 + random(3)) {
            my $person = $country eq 'IR' ? persian_name() : english_name();
            next if $seen{$person}++;

            push @people, {
                name      => $person,
                kind      => 'person',
                parent_id => $contacts->{$name}{id},
                email     => mailbox($n) . "\@$domain",
                phone     => $phone . (100 + random(900)),
                job_title => $country eq 'IR'
                             ? pick('مدیر خرید', 'مدیرعامل', 'کارشناس بازرگانی')
                             : pick('Purchasing', 'CEO', 'Operations'),
                city      => $city,
                country   => $country,
            };
        }
    }

    return @people;
}


sub persian_name {
    return pick(@persian_first) . ' ' . pick(@persian_last);
}


sub english_name {
    return pick(@english_first) . ' ' . pick(@english_last);
}


sub mailbox {
    my ($n) = @_;

    return pick('sales', 'office', 'purchasing', 'hello', 'contact') . $n;
}


sub mobile {
    my ($persian) = @_;

    return pick('+44 7700 900', '+49 1523 555', '+33 6 39 98 ', '+45 20 12 ')
           . (100 + random(900))
        unless $persian;

    my $number = '09' . pick('12', '35', '19', '01', '36') . (1000000
                 + random(8999999));

    # as people type them: with Persian digits, with country code, plain
    my $form = random(3);

    $number =~ s/(\d)/$persian_digit{$1}/g if $form == 0;
    $number =~ s/^0/+98 / if $form == 1;

    return $number;
}


# Each: the lead to create, where it ends, and what is written on the way.

sub leads {
    my ($have) = @_;

    return map { lead($have, $_) } 1 .. $LEADS;
}


sub lead {
    my ($have, $n) = @_;

    my $persian = random(2);
    my $company = pick(grep { ($_->[2] eq 'IR') == $persian } @companies);
    my $person  = $persian ? persian_name() : english_name();
    my $topic   = pick($persian ? @persian_topics : @english_topics);
    my $team    = $have->{teams}{ $persian ? 'Iran / فروش ایران' : 'Europe' };
    my $number  = $n;

    $number =~ s/(\d)/$persian_digit{$1}/g if $persian;

    my %lead = (
        name             => "$topic – $company->[0] ($number)",
        contact_name     => $person,
        company_name     => $company->[0],
        email            => "lead$n\@$company->[3]",
        phone            => mobile($persian),
        city             => $company->[1],
        country          => $company->[2],
        team_id          => $team->{id},
        user_id          => assignee($have, $persian),
        expected_revenue => (5 + random(400)) * 25_000,
        priority         => pick(0, 0, 0, 1, 1, 2, 3),
        source           => pick(@sources),
        medium           => pick(@mediums),
        tag_ids          => tag_ids($have),
        color            => random(12),
    );

    $lead{expected_close} = $have->{day}->(random(120) - 10) if random(4);

    if (random(6) == 0) {
        $lead{recurring_revenue} = (1 + random(40)) * 10_000;
        $lead{recurring_months} = pick(1, 12);
    }

    if (random(3) == 0) {
        $lead{contact_id} = $have->{contacts}{ $company->[0] }{id};
    }

    return { lead => \%lead, ending($have, $persian) };
}


sub assignee {
    my ($have, $persian) = @_;

    return undef if random(8) == 0;

    return user($have->{users}, $persian ? pick(qw(reza nilufar maryam))
                                         : pick(qw(jonas emily claudia)));
}


sub tag_ids {
    my ($have) = @_;

    my %ids = map { $_->{id} => 1 }
              map { $have->{tags}{ pick(sort keys %{ $have->{tags} }) } }
              1 .. random(4);

    return [ sort { $a <=> $b } keys %ids ];
}


sub ending {
    my ($have, $persian) = @_;

    my %plan = (end => 'open');
    my $die = random(10);

    $plan{note} = pick($persian ? @persian_notes : @english_notes)
        if random(3) == 0;

    if ($die == 0) {
        $plan{end} = 'won';

    } elsif ($die == 1) {
        my $reasons = $have->{reasons};

        $plan{end} = 'lost';
        $plan{lost_reason_id} = $reasons->{ pick(sort keys %$reasons) }{id};
        $plan{lost_note} = $persian ? 'پروژه به سال بعد موکول شد.'
                                    : 'They went with a local supplier.';

    } else {
        $plan{stage_id} = $have->{stages}{
            pick('New', 'New', 'Qualified', 'Qualified', 'Proposition',
                 'Negotiation')
        }{id};
    }

    return %plan;
}


1;
